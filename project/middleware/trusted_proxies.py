"""Who asks, and over which scheme, behind exactly TRUSTED_PROXIES proxies.

Each proxy appends what it saw, so only the n-th entry from the right was written by one of ours; what stands left of it
is the client's own invention.
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
        if count := settings.TRUSTED_PROXIES:
            hops = _entries(request, "HTTP_X_FORWARDED_FOR")
            if len(hops) >= count and (address := _address(hops[-count])):
                request.META["REMOTE_ADDR"] = address
            schemes = _entries(request, "HTTP_X_FORWARDED_PROTO")
            # Most proxies overwrite the scheme instead of appending to it: then there is one entry, whatever the count.
            request.META["HTTP_X_FORWARDED_PROTO"] = schemes[-min(count, len(schemes))]
        return self.get_response(request)


def _entries(request: HttpRequest, header: str) -> list[str]:
    return [entry.strip() for entry in request.META.get(header, "").split(",")]


def _address(text: str) -> str:
    # Some proxies (Azure's, IIS, a load balancer told to) append the client's port.
    for found in (text, text.rpartition(":")[0]):
        try:
            return str(ipaddress.ip_address(found.removeprefix("[").removesuffix("]")))
        except ValueError:
            continue
    return ""
