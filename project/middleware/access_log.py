"""One log line per request. Never the query string: it may hold a session id or an address."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

log = logging.getLogger("tincup.access")


class AccessLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = self.get_response(request)
        # A line break in a path must not forge a second log line.
        path = request.path.encode("unicode_escape").decode()
        # Why an error page was shown, as far as it knows (pages.errors).
        reason = f" ({why})" if (why := request.META.get("tincup.refused")) else ""
        taken = (time.monotonic() - started) * 1000
        log.info("%s %s %s %d ms%s", request.method, path, response.status_code, taken, reason)
        return response
