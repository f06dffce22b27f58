"""One line chooses between a page and its fragment."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that has passed django_htmx's middleware."""

    htmx: HtmxDetails


def is_swap(request: HttpRequest) -> bool:
    """Whether htmx asks, to put the answer into a page that stands."""
    details = cast("HtmxRequest", request).htmx
    return bool(details) and not details.boosted


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The fragment for htmx, the page for everybody else; both hold the same truth, so caches must tell them apart."""
    response = render(request, fragment if is_swap(request) else page, context, status=status)
    response["Vary"] = "HX-Request"
    return response
