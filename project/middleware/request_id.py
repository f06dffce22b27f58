"""Every request has an id: in its log lines, and in its answer as X-Request-ID.

One that a proxy of ours gave is kept, so that its log and ours can be read together; anybody else's is not.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lib.watch import request_id


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(request_id.HEADER, "") if settings.TRUSTED_PROXIES else ""
        with request_id.answering(given) as its_id:
            response = self.get_response(request)
        response.headers[request_id.HEADER] = its_id
        return response
