"""The sponsors' wall: its front, one page for each level, and one for what everybody said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from donations.wall import listing
from lib import money
from lib.web.kept_page import kept

LATELY = 6  # on the front; a page of its own has them all
TILES = 24  # supporters of a level on the front
NAMES = 120  # of the last level, in columns
PAGE = 240  # names on a page of a level
SAID = 50  # gifts on a page of what everybody said
A_YEAR = 365 * 24 * 3600  # seconds
EDGES = ("before", "after")  # of a page that is not the first


@dataclass(frozen=True, slots=True)
class Shown:
    """A level as it stands on the page; `last` is the one that takes any gift."""

    section: listing.Section
    title: str
    range: str
    names: listing.Page[listing.Name]
    last: bool

    @property
    def empty(self) -> bool:
        return not (self.names.rows or self.section.nameless or self.section.sponsors)


@kept()
@require_safe
def sponsors(request: HttpRequest) -> HttpResponse:
    """Every level with its newest names, and what was said lately."""
    sections = listing.sections()
    levels = [_shown(each, last=each is sections[-1]) for each in sections]
    lately = listing.recent(LATELY)
    context = {
        "levels": [level for level in levels if not level.empty],
        "lately": lately,
        "said": lately.rows,
        "people": listing.people(),
        "organisations": sum(len(each.sponsors) for each in sections),
    }
    return render(request, "pages/sponsors.html", context)


@kept(unless=EDGES)
@require_safe
def level(request: HttpRequest, slug: str) -> HttpResponse:
    """All who stand on one level, the newest first."""
    sections = listing.sections()
    section = next((each for each in sections if each.level and each.level.slug == slug), None)
    if section is None:
        raise Http404
    last, edge = section is sections[-1], _edge(request)
    if edge != listing.START:
        # Organisations and those without a name stand on the first page.
        section = replace(section, sponsors=[], nameless=0)
    shown = _shown(section, last=last, edge=edge, size=PAGE)
    return render(request, "pages/sponsors_level.html", {"shown": shown})


@kept(unless=EDGES)
@require_safe
def lately(request: HttpRequest) -> HttpResponse:
    """Every gift whose donor chose to be shown, and what they said."""
    found = listing.recent(SAID, _edge(request))
    return render(request, "pages/sponsors_lately.html", {"lately": found, "said": found.rows})


@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """A sponsor's logo. Its fingerprint is in its address: another picture has another one."""
    picture = listing.logo(digest)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/png")


def _shown(section: listing.Section, *, last: bool, edge: listing.Cursor = listing.START, size: int = 0) -> Shown:
    names = listing.names(section.level, size or (NAMES if last else TILES), edge)
    return Shown(section, section.level.name if section.level else _("Supporters"), _range(section, last), names, last)


def _range(section: listing.Section, last: bool) -> str:
    """What the level takes: "$100 to $999 in a year"."""
    if last or not section.level:
        return _("Any gift at all")
    least = _amount(section.level.threshold)
    if section.below is None:
        return _("%(least)s and up in a year") % {"least": least}
    # The last whole unit below the next level: $999 where that begins at $1,000.
    whole = 10 ** money.exponent(settings.DONATION_CURRENCY)
    most = section.below - (whole if section.below - whole >= section.level.threshold else 1)
    return _("%(least)s to %(most)s in a year") % {"least": least, "most": _amount(most)}


def _amount(amount: int) -> str:
    return money.display_short(amount, settings.DONATION_CURRENCY)


def _edge(request: HttpRequest) -> listing.Cursor:
    """`?before=` or `?after=` a gift; anything else is the beginning."""
    for name in EDGES:
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 16:
            return listing.Cursor(**{name: int(text)})
    return listing.START
