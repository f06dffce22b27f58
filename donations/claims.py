"""Which gifts are this browser's own.

Whoever holds a session id sees amount and state of a gift. Name and message are for the browser that made it: it
carries the gift's uuid in a signed cookie.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from donations.models import Donation

COOKIE = "__Host-gifts" if settings.HTTPS else "gifts"
SALT = "donations.claims"
KEEP = 20  # gifts; a cookie may have four kilobytes
MAX_AGE = 30 * 24 * 3600  # seconds


def remember(request: HttpRequest, response: HttpResponse, donation: Donation) -> None:
    """Note on the browser that this gift was made here."""
    gifts = [donation.uuid.hex, *(gift for gift in _gifts(request) if gift != donation.uuid.hex)]
    response.set_cookie(
        COOKIE,
        signing.dumps(gifts[:KEEP], salt=SALT),
        max_age=MAX_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def holds(request: HttpRequest, donation: Donation) -> bool:
    """Whether this browser made the gift."""
    return donation.uuid.hex in _gifts(request)


def find(text: str) -> Donation | None:
    """The donation with this uuid, if the text is one."""
    try:
        return Donation.objects.filter(uuid=uuid.UUID(text)).first()
    except ValueError:
        return None


def _gifts(request: HttpRequest) -> list[str]:
    try:
        gifts = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return []
    return [gift for gift in gifts if isinstance(gift, str)] if isinstance(gifts, list) else []
