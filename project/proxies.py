"""The true address of whoever asks, behind exactly TRUSTED_PROXIES proxies.

Each proxy appends the address it saw, so only the n-th entry from the right was written by one of ours; what stands
left of it is the client's own invention.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ProxyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = settings.TRUSTED_PROXIES
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if 0 < count <= len(hops) and (address := _address(hops[-count])):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
