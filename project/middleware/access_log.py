"""One log line per request. Never the query string: it may hold a session id or an address."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lib.watch import measures
from lib.watch.scrubbing import scrub

log = logging.getLogger("tincup.access")


class AccessLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = self.get_response(request)
        # A line break in a path must not forge a second log line.
        path = scrub(request.path.encode("unicode_escape").decode())
        # Why an error page was shown, as far as it knows (pages.errors).
        reason = f" ({why})" if (why := request.META.get("tincup.refused")) else ""
        seconds = time.monotonic() - started
        fields = {"method": request.method, "path": path, "status": response.status_code, "ms": round(seconds * 1000)}
        log.info("%s %s %s %d ms%s", *fields.values(), reason, extra=fields)
        measures.answered(_view(request), str(request.method), response.status_code, seconds)
        return response


def _view(request: HttpRequest) -> str:
    if request.resolver_match:
        return request.resolver_match.view_name
    # Files are answered above the views, and what is nowhere by none of them.
    return "static" if request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/") else "none"
