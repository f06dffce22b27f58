"""Pages that anybody may read: the front page, the sponsors, the documentation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from donations import money, queries
from pages import documentation, search
from project.htmx import page_or_fragment

RECENT = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the site is for, what came in so far, and who gave lately."""
    stats = queries.stats()
    raised = money.display_short(stats.raised, stats.currency, get_language() or "en")
    return render(request, "pages/home.html", {"stats": stats, "raised": raised, "recent": queries.recent(RECENT)})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The list of all pages, or what was found for `?q=…`."""
    groups = documentation.groups()
    question = request.GET.get("q", "").strip()[: search.LONGEST]
    results = search.find(question, [page for group in groups for page in group.pages])
    context = {"groups": groups, "question": question, "results": results}
    return page_or_fragment(request, "pages/docs.html", "pages/_docs_found.html", context)


@require_safe
def doc(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of the documentation."""
    page = documentation.page(slug)
    if page is None:
        raise Http404
    groups = documentation.groups()
    group = next(group for group in groups if page in group.pages)
    context = {"groups": groups, "group": group, "page": page, "following": documentation.following(slug)}
    return render(request, "pages/doc.html", context)
