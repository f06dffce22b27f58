"""What the organisation looks like: its stylesheet, its logo, the picture that others show when they link here.

Each address holds a hash of what it answers, so browsers may keep the answer for ever. Those of the icons are fixed:
browsers and phones ask for them without being told.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from organisation import images, sharing, stylesheet
from organisation.models import LOGO_BOX, Organisation, current

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
MARK = Path(__file__).resolve().parent.parent / "static" / "img" / "mark.png"
SHARP = 2  # pixels of the screen in one of CSS, on most phones


@require_safe
def theme(request: HttpRequest) -> HttpResponse:
    """The stylesheet as it is now; kept for ever under the address that names it, asked for again under any other."""
    sheet = stylesheet.sheet(current().accent)
    packed = "br" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(sheet.brotli if packed else sheet.text, content_type="text/css; charset=utf-8")
    if packed:
        response["Content-Encoding"] = "br"
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = FOR_EVER if request.GET.get("v") == sheet.version else "no-cache"
    return response


@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The logo, small enough for the head of a page."""
    return _picture(_small_logo(digest))


@require_safe
def share(request: HttpRequest, digest: str) -> HttpResponse:
    """1200 × 630 pixels for those who show a preview of a link."""
    organisation = current()
    if digest != sharing.version(organisation):
        raise Http404
    response = _picture(sharing.picture(organisation))
    # Shown by other sites, and by messengers that ask from the reader's own browser.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """What old browsers, feed readers and bookmarks ask for."""
    response = HttpResponse(_icon(current().logo_hash, 32, "ICO"), content_type="image/x-icon")
    response["Cache-Control"] = FOR_A_DAY
    return response


@require_safe
def touch_icon(request: HttpRequest) -> HttpResponse:
    """What a phone puts on its screen for this site."""
    response = HttpResponse(_icon(current().logo_hash, 180, "PNG"), content_type="image/png")
    response["Cache-Control"] = FOR_A_DAY
    return response


@lru_cache(maxsize=4)
def _icon(logo_hash: str, side: int, form: str) -> bytes:
    """Of the organisation's logo, or of our mark where it has none."""
    kept = Organisation.objects.filter(logo_hash=logo_hash).exclude(logo_hash="").values_list("logo", flat=True).first()
    return images.icon(bytes(kept) if kept else MARK.read_bytes(), side, form)


@lru_cache(maxsize=2)
def _small_logo(digest: str) -> bytes:
    kept = Organisation.objects.filter(logo_hash=digest).exclude(logo_hash="").values_list("logo", flat=True).first()
    if kept is None:
        raise Http404
    return images.smaller(bytes(kept), *(side * SHARP for side in LOGO_BOX))


def _picture(png: bytes) -> HttpResponse:
    response = HttpResponse(png, content_type="image/png")
    response["Cache-Control"] = FOR_EVER
    return response
