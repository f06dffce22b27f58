"""With DEBUG, a missing page looks as it will in public; Django's technical page is one click below (`?technical`)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import get_resolver


class MissingMiddleware:
    """Below all others: they see the answer that they would see in public."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # No view was found: Django asks no middleware about that error.
        if response.status_code == 404 and request.resolver_match is None:
            return self.process_exception(request, Http404()) or response
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The public page for what a view did not find."""
        if not isinstance(exception, Http404) or "technical" in request.GET:
            return None
        handler: Callable[..., HttpResponse] = get_resolver().resolve_error_handler(404)
        return handler(request, exception=exception)
