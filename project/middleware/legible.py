"""What nobody could read or keep is refused before anything reads it: one rule for every address and every cookie.

No database keeps a NUL in a text, or half of a surrogate pair. And a form is UTF-8: what claims another writing makes
Django raise at the first look at it, from inside its CSRF check, its error pages and its log. What is typed into a
form is for the form to clean or refuse, in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string

from lib.people.typed_text import storable

UTF_8 = {"utf-8", "utf8"}


class LegibleMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if charset := (request.content_params or {}).get("charset"):
            if charset.lower() not in UTF_8:
                return _refused(415)
            request.encoding = "utf-8"  # Django knows forms by this name of it alone
        if not all(map(storable, _sent(request))):
            return _refused(400)
        if not storable(request.path_info):
            raise Http404
        return self.get_response(request)


def _sent(request: HttpRequest) -> Iterator[str]:
    for name, texts in request.GET.lists():
        yield from (name, *texts)
    for name, text in request.COOKIES.items():
        yield from (name, text)


def _refused(code: int) -> HttpResponse:
    return HttpResponse(render_to_string(f"{code}.html"), status=code)
