"""Error pages. They must not fail themselves: where the database is away, one that needs nothing is shown instead.

None of them looks at the body of the request: it may be what is wrong.
"""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf
from django.shortcuts import render
from django.template import loader
from django.views import defaults

AWAY = (OperationalError, InterfaceError)
RETRY = 60  # seconds
REFUSED = "tincup.refused"  # why, for the one line that the log has of a request (project.middleware.access_log)
# Why Django refused a form, by its own words.
HIDDEN = {csrf.REASON_NO_REFERER, csrf.REASON_MALFORMED_REFERER}
_WITH_AN_ADDRESS = (csrf.REASON_BAD_ORIGIN, csrf.REASON_BAD_REFERER, csrf.REASON_INSECURE_REFERER)
ELSEWHERE = tuple(reason.partition("%s")[0] for reason in _WITH_AN_ADDRESS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django does not take, or what it takes for an attack."""
    request.META[REFUSED] = type(exception).__name__
    code = 413 if isinstance(exception, RequestDataTooBig) else 400
    return HttpResponse(loader.get_template(f"{code}.html").render(), status=code)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that cannot be told from a forged one.

    Most often it has no fresh token: a page left open too long, or a browser without cookies. With one, the browser
    does not say which page the form came from ("Origin: null", or no Referer on https), or says another site's.
    """
    cause = ""
    if request.META.get("HTTP_ORIGIN") == "null" or reason in HIDDEN:
        cause = "hidden"
    elif reason.startswith(ELSEWHERE):
        cause = "elsewhere"
    request.META[REFUSED] = f"csrf {cause}".strip()
    return _dressed(request, "403_csrf.html", 403, {"cause": cause})


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _dressed(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    # For developers, and so in English alone.
    technical = "DEBUG: Django’s technical page" if settings.DEBUG else ""
    return _dressed(request, "404.html", 404, {"technical": technical})


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
