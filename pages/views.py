"""Pages that anybody may read: the front page, the sponsors, the documentation."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from donations.giving import form_token, goal
from donations.reporting.month import this_month
from donations.wall import listing
from lib import money
from lib.htmx import page_or_fragment
from lib.web import markdown
from lib.web.kept_page import kept
from organisation import structured_data
from organisation.models import current
from pages import books, documentation, search

RECENT = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the site is for, what came in so far, and who gave lately."""
    own = form_token.own(request)
    response = _home(request, own=own)
    form_token.keep(response, own["token"])
    return response


@kept()
def _home(request: HttpRequest, *, own: Mapping[str, str]) -> HttpResponse:
    organisation, month = current(), this_month()
    context = {
        "description": markdown.fragment(organisation.description),
        "coins": money.coins(settings.DONATION_AMOUNTS, settings.DONATION_CURRENCY),
        "goal": goal.preview(organisation),
        "month": month,
        "books": books.rows(month),
        "reached": money.figure(month.figures.reached, month.currency),
        "said": listing.recent(RECENT).rows,
        "donate_action": structured_data.donate_action(organisation),
        **own,
    }
    return render(request, "pages/home.html", context)


@kept(unless=["q"])
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The list of pages, or what was found for `?q=…`."""
    groups = _shown(request)
    question = request.GET.get("q", "").strip()[: search.LONGEST]
    results = search.find(question, [page for group in groups for page in group.pages])
    context = {"groups": groups, "question": question, "results": results}
    return page_or_fragment(request, "pages/docs.html", "pages/_docs_found.html", context)


@kept()
@require_safe
def doc(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of the documentation. One for operators keeps its address for everybody: nothing in it is secret."""
    page = documentation.page(slug)
    if page is None:
        raise Http404
    groups = _shown(request)
    group = next(group for group in documentation.groups(everything=True) if page in group.pages)
    context = {"groups": groups, "group": group, "page": page, "following": documentation.following(slug, groups)}
    return render(request, "pages/doc.html", context)


def _shown(request: HttpRequest) -> list[documentation.Group]:
    """Who runs the site, or is about to, sees all that there is; donors see what is theirs."""
    return documentation.groups(everything=settings.DEBUG or request.user.is_staff)
