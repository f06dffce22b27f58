"""Visitors meet the site at one address, SITE_URL: its host, at the root.

Cookies belong to a host. A donor who begins at another one comes back from Stripe to SITE_URL without them, and the
site would not know whose gift it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port, validate_host

# Asked by machines, which may use any name that they were given; none of them takes a cookie along.
MACHINES = re.compile(r"/(livez|readyz|stripe-webhook|api|sandbox)(/|$)")
BELOW_A_PATH = (
    "Tincup cannot be served below a path ({path}): its addresses begin at the root of a host. "
    "Give it a host name of its own, and let the proxy pass every path on as it is.\n"
)


class OneAddressMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if MACHINES.match(request.path_info):
            return self.get_response(request)
        # SCRIPT_NAME is what a WSGI server was told; the header is what a proxy says that it has cut off.
        path = (request.META.get("SCRIPT_NAME") or request.META.get("HTTP_X_FORWARDED_PREFIX", "")).strip("/")
        if path:
            return _plain(503, BELOW_A_PATH.format(path=f"/{path}"))
        if request.method in {"GET", "HEAD"} and _elsewhere(request):
            # Not for ever: browsers keep a permanent one, and ALLOWED_HOSTS and SITE_URL may change.
            return HttpResponseRedirect(settings.SITE_URL + request.get_full_path())
        return self.get_response(request)


def _elsewhere(request: HttpRequest) -> bool:
    """Whether the visitor typed another of the site's names. Ports do not matter: cookies do not tell them apart."""
    host = split_domain_port(request.get_host())[0]
    return host != settings.SITE_HOST and validate_host(host, settings.OTHER_HOSTS)


def _plain(status: int, text: str) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
