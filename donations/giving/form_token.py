"""The one-time token of a donor's form, kept by the browser.

A page that is loaded again (Back from Stripe, a second tab) carries the same token, so the same amount leads to the
same page at Stripe instead of to a second payment.
"""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from donations.shield import visitors

COOKIE = "__Host-token" if settings.HTTPS else "token"
MAX_AGE = 2 * 3600  # seconds; as long as a page at Stripe stays open
SHAPE = re.compile(r"[A-Za-z0-9_-]{16,64}")


def for_request(request: HttpRequest) -> str:
    """This browser's token; a new one on the first visit, and when the donor asks to give `?again`."""
    kept = "" if "again" in request.GET else request.COOKIES.get(COOKIE, "")
    return kept if SHAPE.fullmatch(kept) else secrets.token_urlsafe(16)


def own(request: HttpRequest) -> dict[str, str]:
    """Only what tells one visitor's form from another's; by the names under which a page's template has them."""
    return {"token": for_request(request), "since": visitors.form_made(), "csrf_token": get_token(request)}


def keep(response: HttpResponse, token: str) -> None:
    if SHAPE.fullmatch(token):
        response.set_cookie(COOKIE, token, max_age=MAX_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax")
