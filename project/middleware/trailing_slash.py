"""An address with one slash too many or too few leads to its true form.

Pages have no trailing slash, API endpoints have one. 308 keeps the method and the body of a POST.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from django.utils.http import escape_leading_slashes


class SlashMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        path = request.path_info
        if response.status_code != 404 or path == "/" or _resolves(path):
            return response
        other = path.removesuffix("/") if path.endswith("/") else path + "/"
        if not _resolves(other):
            return response
        query = request.META.get("QUERY_STRING", "")
        redirect = HttpResponsePermanentRedirect(escape_leading_slashes(other) + (f"?{query}" if query else ""))
        if request.method not in {"GET", "HEAD"}:
            redirect.status_code = 308
        return redirect


def _resolves(path: str) -> bool:
    try:
        match = resolve(path)
    except Resolver404:
        return False
    # The admin answers every address below it, to hide which exist.
    return getattr(match.func, "__name__", "") != "catch_all_view"
