"""/metrics, for whoever knows METRICS_TOKEN. To all others there is nothing there.

Answered before the Host check: Prometheus asks each process by its own address.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST


class MetricsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.removesuffix("/") != "/metrics" or not _may(request):
            return self.get_response(request)
        from upkeep import metrics  # the models are not ready yet when the middleware is named in the settings

        try:
            response = HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)
        except DatabaseError:
            response = HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
        response["Cache-Control"] = "no-store"
        return response


def _may(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
