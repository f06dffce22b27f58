"""Who asks for a payment page, and what speaks for or against them. Signals make a page dearer; none is a wall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from limits import addresses, buckets

SALT = "donations.shield.form"
# A form that is sent sooner than a person can, or that never was on our page.
HASTY = 1.5  # seconds
OLD = timedelta(days=2)
USUAL, DOUBTFUL, CAUGHT = 1, 2, 5  # tokens


@dataclass(frozen=True, slots=True)
class Visitor:
    """`place` and `area` are keyed digests of the address; `cost` in tokens; `gifts` are the browser's own, by uuid."""

    place: str
    area: str
    cost: int = USUAL
    ticket: str = ""
    solution: str = ""
    gifts: tuple[str, ...] = ()


def program(request: HttpRequest) -> Visitor:
    """A program that calls the API: it has no form, so nothing can be said against it."""
    whence = addresses.whence(request)
    return Visitor(buckets.key("place", whence.place), buckets.key("area", whence.area))


def donor(request: HttpRequest, gifts: tuple[str, ...]) -> Visitor:
    """Whoever sends the form of the donate page."""
    sent, at = request.POST, program(request)
    return Visitor(
        at.place,
        at.area,
        cost=_cost(sent.get("since", ""), sent.get("website", "")),
        ticket=sent.get("ticket", ""),
        solution=sent.get("solution", ""),
        gifts=gifts,
    )


def form_made(kept: str = "") -> str:
    """What a form says of when it was made; one that comes back keeps what it said."""
    return kept if _age(kept) is not None else signing.Signer(salt=SALT).sign(str(int(timezone.now().timestamp() * 10)))


def _cost(since: str, trap: str) -> int:
    if trap:
        return CAUGHT
    age = _age(since)
    return DOUBTFUL if age is None or age < HASTY else USUAL


def _age(since: str) -> float | None:
    """Seconds since the form was made; None when we made none, or long ago."""
    try:
        made = int(signing.Signer(salt=SALT).unsign(since)) / 10
    except (signing.BadSignature, ValueError):
        return None
    age = timezone.now().timestamp() - made
    return age if 0 <= age < OLD.total_seconds() else None
