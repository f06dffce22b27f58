"""How often one place, the area around it and the whole site may guess passwords, and have letters sent.

django-axes counts the guesses at one account (accounts.lockout); these count what is tried at many. Nobody is shut out
for long: a place that has used up what it has waits half a minute for the next try, and a right password costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.hashing import Busy
from limits import visitors
from limits.buckets import Draw, Exhausted, Rate

# For each place, each area, and the site.
GUESSES = (Rate(20, 2), Rate(60, 6), Rate(600, 120))
LETTERS = (Rate(20, 2), Rate(60, 6), Rate(300, 60))
BUSY = 5  # seconds until one should try again


def guess(request: HttpRequest | None) -> list[Draw]:
    """One password is about to be tried. What was taken for it, to be given back when it is right. Raises Exhausted."""
    return visitors.take("guess", GUESSES, request)


def letter(request: HttpRequest) -> None:
    """A stranger is about to have a letter sent. Raises Exhausted."""
    visitors.take("letter", LETTERS, request)


class ThrottleMiddleware:
    """Answers Exhausted and Busy, wherever they were raised, by a page that says when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Busy):
            return _later(request, "accounts/busy.html", 503, BUSY)
        if isinstance(error, Exhausted):
            return _later(request, "accounts/throttled.html", 429, error.wait)
        return None


def _later(request: HttpRequest, template: str, status: int, wait: int) -> HttpResponse:
    answer = render(request, template, {"seconds": wait}, status=status)
    answer["Retry-After"] = str(wait)
    answer["Cache-Control"] = "no-store"
    return answer
