"""One line chooses between a page and its fragment."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect
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


def login_required_here(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """As `login_required`; when the session has ended meanwhile, htmx leaves the page instead of filling it with ours.

    A swap asks for the address that the page itself would have, so that is where the visitor comes back to.
    """
    guarded = login_required(view)

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_swap(request) and not request.user.is_authenticated:
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
        return guarded(request, *args, **kwargs)

    return wrapper
