"""One line chooses between a page and its fragment."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The fragment for htmx, the page for everybody else; both hold the same truth, so caches must tell them apart."""
    swap = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    response = render(request, fragment if swap else page, context, status=status)
    response["Vary"] = "HX-Request"
    return response
