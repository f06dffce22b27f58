"""Links to a donor's monthly gifts: good for one mailbox, once, for a time; and the cookie of whoever came by one.

Nothing is stored but that a link was used, as an empty bucket (limits): it fills when the link is too old anyway. A
link is not used up by being looked at, for mail scanners do that; only by the button behind it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from donations.donors.monthly import owners
from donations.models import Subscription
from limits import buckets
from limits.buckets import Draw, Exhausted, Rate

COOKIE = "__Host-monthly" if settings.HTTPS else "monthly"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a signed name of a subscription is for, and how long it works."""

    name: str
    life: timedelta


ASKED = Kind("asked", timedelta(hours=1))
# In the letter about a charge that failed: Stripe tries again within a week or two, and so long it may lie unread.
MEND = Kind("mend", timedelta(days=7))
OPEN = Kind("open", timedelta(hours=1))  # the cookie


def make(kind: Kind, subscription: Subscription) -> str:
    """The address of the page to which this donor is let in."""
    return f"{settings.SITE_URL}{reverse('monthly_page', args=[_sign(kind, subscription)])}"


def read(token: str) -> Subscription | None:
    """Whose link this is, by one subscription of the donor's; None if it is not ours, too old, or used."""
    kind, subscription = _known(token)
    if kind is None or subscription is None or buckets.level(*_use(kind, token)).left == 0:
        return None
    return subscription


def spend(token: str) -> bool:
    """Use the link up. False when somebody was quicker."""
    kind, _ = _known(token)
    if kind is None:
        return False
    try:
        buckets.take(Draw(*_use(kind, token)))
    except Exhausted:
        return False
    return True


def let_in(response: HttpResponse, subscription: Subscription) -> None:
    """Note on the browser that it came by a link: for an hour, and until it is closed."""
    response.set_cookie(
        COOKIE, _sign(OPEN, subscription), secure=settings.HTTPS, httponly=True, samesite="Lax"
    )  # fmt: skip


def visitor(request: HttpRequest) -> str:
    """The address whose owner came by a link in this browser; nothing if nobody did."""
    subscription = _read(OPEN, request.COOKIES.get(COOKIE, ""))
    return owners.address_of(subscription) if subscription else ""


def leave(response: HttpResponse) -> None:
    """Let the browser know of no monthly gift any more."""
    response.delete_cookie(COOKIE, samesite="Lax")


def _use(kind: Kind, token: str) -> tuple[str, Rate]:
    return buckets.key("monthly link", token), Rate(1, 1, kind.life)


def _known(token: str) -> tuple[Kind | None, Subscription | None]:
    for kind in (ASKED, MEND):
        if subscription := _read(kind, token):
            return kind, subscription
    return None, None


def _sign(kind: Kind, subscription: Subscription) -> str:
    return _signer(kind, subscription).sign(subscription.uuid.hex)


def _read(kind: Kind, token: str) -> Subscription | None:
    try:
        name = uuid.UUID(token.partition(":")[0])
    except ValueError:
        return None
    subscription = Subscription.objects.filter(uuid=name).first()
    if subscription is None or not owners.address_of(subscription):
        return None
    try:
        _signer(kind, subscription).unsign(token, max_age=kind.life)
    except signing.BadSignature:
        return None
    return subscription


def _signer(kind: Kind, subscription: Subscription) -> signing.TimestampSigner:
    # Bound to the address: once the gift is another's, the link is nobody's.
    return signing.TimestampSigner(salt=f"donations.monthly|{kind.name}|{owners.address_of(subscription)}")
