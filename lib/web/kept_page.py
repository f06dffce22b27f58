"""A page that is the same for all visitors of one language is rendered once in a while, and sent as bytes.

It is rendered for a stranger: a request that holds an address and nothing of whoever asks, so that nothing of one
visitor can stand in what others get. Who has a session, or is to be told something, gets a page of their own.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import get_conditional_response, patch_vary_headers
from django_htmx.middleware import HtmxDetails

from lib import languages
from lib.htmx import HtmxRequest

AGE = 2.0  # seconds; what is on a page may be three seconds old when it is rendered, and no total is older than five
ROOM = 8 * 2**20  # bytes of pages, as they are before they are compressed
PATIENCE = 2.0  # seconds that a visitor waits for the page that is being made for another one
# Stands in a page where words of a visitor's own will stand. Nobody knows it who writes what is shown there.
_MARK = secrets.token_hex(16)
_PLACE = re.compile(f"{_MARK}-([a-z_]+)-".encode())

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Page:
    """`parts` are bytes, a name of what is a visitor's `own`, bytes, and so on; `made` is when its making began."""

    made: float
    headers: dict[str, str]
    parts: list[bytes]

    @cached_property
    def etag(self) -> str:
        return f'W/"{hashlib.blake2b(self.parts[0], digest_size=16).hexdigest()}"'

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.parts[0], mtime=0)

    @property
    def fresh(self) -> bool:
        return monotonic() - self.made < AGE

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page or, if this browser has it already, the word that it has not changed."""
        packed = re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        response = HttpResponse(self.compressed if packed else self.parts[0], headers=self.headers)
        response.headers["ETag"] = self.etag
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return get_conditional_response(request, self.etag, None, response) or response

    def filled(self, own: Mapping[str, str]) -> HttpResponse:
        """The page with a visitor's own words in it; the middleware compresses it with care."""
        parts = list(self.parts)
        parts[1::2] = [own[name.decode()].encode() for name in self.parts[1::2]]
        return HttpResponse(b"".join(parts), headers=self.headers)


class Shelf:
    """The pages that were made lately."""

    def __init__(self) -> None:
        self.pages: dict[object, Page] = {}
        self.lock = threading.Lock()
        self.forgotten = 0
        # Whoever makes a page holds the lock of its address, which a few addresses share.
        self.makers = [threading.Lock() for _ in range(64)]

    def forget(self) -> None:
        with self.lock:
            self.forgotten += 1
            self.pages.clear()

    def find(self, key: object, make: Callable[[], Page | None]) -> Page | None:
        """The page of this key, made by one of those who ask for it at once. None: it is not to be kept."""
        if (page := self.pages.get(key)) and page.fresh:
            return page
        maker = self.makers[hash(key) % len(self.makers)]
        if not maker.acquire(timeout=PATIENCE):
            return None
        try:
            if (page := self.pages.get(key)) and page.fresh:
                return page
            forgotten = self.forgotten
            if page := make():
                self._put(key, page, forgotten)
            return page
        finally:
            maker.release()

    def _put(self, key: object, page: Page, forgotten: int) -> None:
        with self.lock:
            if forgotten != self.forgotten:
                return  # something on it has changed while it was made
            pages = {key: page} | {other: each for other, each in self.pages.items() if each.fresh and other != key}
            room = sum(len(part) for each in pages.values() for part in each.parts) <= ROOM
            self.pages = pages if room else {key: page}


_shelf = Shelf()
forget = _shelf.forget


def kept(*, unless: Collection[str] = ()) -> Callable[[View], View]:
    """A view whose page is kept for AGE seconds, except for an address that has one of the fields `unless`.

    The view is told the address without its query, but for `lang`, and the language is active; it may ask for nothing
    else of its request. What differs between visitors is given to it as `own`, texts by name that need no escaping.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            own: Mapping[str, str] | None = kwargs.get("own")
            marks = {} if own is None else {"own": {name: f"{_MARK}-{name}-" for name in own}}

            def make() -> Page | None:
                made, stranger = monotonic(), _stranger(request)
                return _page(made, stranger, view(stranger, *args, **kwargs | marks))

            page = None
            if _is_for_everybody(request, unless):
                page = _shelf.find((view, request.path_info, languages.active(), languages.in_address(request)), make)
            if page is None:
                return view(request, *args, **kwargs)
            return page.answer(request) if own is None else page.filled(own)

        return wrapper

    return decorate


def _is_for_everybody(request: HttpRequest, unless: Collection[str]) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and CookieStorage.cookie_name not in request.COOKIES
        and "HTTP_HX_REQUEST" not in request.META
        and not any(name in request.GET for name in unless)
    )


def _stranger(request: HttpRequest) -> HttpRequest:
    site, stranger = urlsplit(settings.SITE_URL), HtmxRequest()
    stranger.method, stranger.path, stranger.path_info = "GET", request.path, request.path_info
    stranger.META = {"HTTP_HOST": site.netloc, "HTTP_X_FORWARDED_PROTO": site.scheme}
    if asked := languages.in_address(request):
        stranger.META["QUERY_STRING"] = f"lang={asked}"
    stranger.resolver_match = request.resolver_match
    stranger.user, stranger.htmx = AnonymousUser(), HtmxDetails(stranger)
    return stranger


def _page(made: float, stranger: HttpRequest, response: HttpResponse) -> Page | None:
    """What may be kept of an answer: a good page, without a cookie and without a form's secret."""
    secret = response.cookies or "CSRF_COOKIE" in stranger.META
    if secret or response.status_code != 200:
        return None
    # The visitor's session was asked for, though not by what made this page.
    patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
    return Page(made, dict(response.items()), _PLACE.split(response.content))
