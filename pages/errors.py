"""Error pages. They must not fail themselves: where the database is away, one that needs nothing is shown instead."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf
from django.shortcuts import render
from django.template import loader
from django.views import defaults

AWAY = (OperationalError, InterfaceError)
RETRY = 60  # seconds
# Why Django refused a form, by its own words.
HIDDEN = {csrf.REASON_NO_REFERER, csrf.REASON_MALFORMED_REFERER}
_WITH_AN_ADDRESS = (csrf.REASON_BAD_ORIGIN, csrf.REASON_BAD_REFERER, csrf.REASON_INSECURE_REFERER)
ELSEWHERE = tuple(reason.partition("%s")[0] for reason in _WITH_AN_ADDRESS)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that cannot be told from a forged one.

    Most often it has no fresh token: a page left open too long, or a browser without cookies. With one, the browser
    does not say which page the form came from ("Origin: null", or no Referer on https), or says another site's.
    """
    if request.META.get("HTTP_ORIGIN") == "null" or reason in HIDDEN:
        return _dressed(request, "403_csrf.html", 403, {"cause": "hidden"})
    if reason.startswith(ELSEWHERE):
        return _dressed(request, "403_csrf.html", 403, {"cause": "elsewhere"})
    return _dressed(request, "403_csrf.html", 403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _dressed(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _dressed(request, "404.html", 404)


def broken(request: HttpRequest) -> HttpResponse:
    """An error of ours, or a database that does not answer: that one passes."""
    return away() if isinstance(sys.exc_info()[1], AWAY) else defaults.server_error(request)


def away() -> HttpResponse:
    response = HttpResponse(loader.get_template("503.html").render(), status=503)
    response["Retry-After"] = str(RETRY)
    return response


def _dressed(request: HttpRequest, template: str, status: int, context: dict[str, str] | None = None) -> HttpResponse:
    """In the site's clothes, which need the database for a visitor who has signed in."""
    try:
        return render(request, template, context, status=status)
    except AWAY:
        return away()
