"""Error pages. They must not fail themselves: where the database is away, one that needs nothing is shown instead."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views import defaults

AWAY = (OperationalError, InterfaceError)
RETRY = 60  # seconds


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a fresh token: most often a page left open too long, or a browser without cookies."""
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


def _dressed(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """In the site's clothes, which need the database for a visitor who has signed in."""
    try:
        return render(request, template, status=status)
    except AWAY:
        return away()
