"""Whose gift it is: this browser's, or an account's.

Whoever holds a session id sees amount and state of a gift. Name and message are for the browser that made it, which
carries the gift's uuid in a signed cookie. Once the gift belongs to an account they are that account's alone: anybody
may type another's address, and the gift that joins her account by it must not show him her name, nor let him choose
the one that stands on the wall for her.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.admin import site
from django.core import signing
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse

from donations.models import Donation
from donations.wall import placements
from lib.people.addresses import normalise

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


def made_here(request: HttpRequest) -> tuple[str, ...]:
    """The gifts that this browser made, by uuid, the newest first."""
    return tuple(_gifts(request))


def owns(request: HttpRequest, donation: Donation) -> bool:
    """Whether the gift's account is signed in here; of a guest's gift, whether this browser made it."""
    if donation.user_id is not None:
        return donation.user_id == request.user.pk
    return donation.uuid.hex in _gifts(request)


def may_read(request: HttpRequest, donation: Donation) -> bool:
    """Whether name and address on the gift's receipt are this visitor's to see: as `holds`, or staff with the right.

    Staff are whom the admin lets in: with the second step, where one is asked for.
    """
    return owns(request, donation) or (
        site.has_permission(request) and request.user.has_perm("donations.view_donation")
    )


def forget(response: HttpResponse) -> None:
    """Let the browser know of no gift any more: the next one who sits down at it may be somebody else."""
    response.delete_cookie(COOKIE, samesite="Lax")


def attach_guest_donations(user_id: int, email: str) -> int:
    """Give an account the gifts that guests made with this address. Returns how many.

    To be called only for an address that the user has proved to be theirs. A gift that belongs to an account stays
    there. Looks first: the account's page calls this each time, and must not take the write lock for nothing.
    """
    guests = (
        Donation.objects.alias(lower=Lower("email")).filter(lower=normalise(email), user__isnull=True).exclude(email="")
    )
    if not email or not guests.exists():
        return 0
    with transaction.atomic():
        return placements.edit(list(guests.select_for_update().values_list("pk", flat=True)), user_id=user_id)


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
