"""The fold: a donation's status is a pure function of the facts about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from donations.facts import Checkout


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


# Nothing more is expected from Stripe about the payment itself.
FINAL = frozenset({Status.PAID, Status.FAILED, Status.EXPIRED})
# Money came or is on its way: the same form must not take the donor to a second payment.
GIVEN = frozenset({Status.PAID, Status.PROCESSING})

_CHECKOUT_RANK = (Checkout.OPEN, Checkout.EXPIRED, Checkout.COMPLETE)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one donation. `paid` is in minor units of the gift's currency."""

    paid: int
    checkout: Checkout
    settling_failed: bool


def furthest(one: Checkout, other: Checkout) -> Checkout:
    """Facts only grow: a session that was seen complete is not reopened by an older snapshot."""
    return max(one, other, key=_CHECKOUT_RANK.index)


def fold(facts: Facts) -> Status:
    if facts.paid > 0:
        return Status.PAID
    if facts.settling_failed:
        return Status.FAILED
    if facts.checkout is Checkout.COMPLETE:
        return Status.PROCESSING
    if facts.checkout is Checkout.EXPIRED:
        return Status.EXPIRED
    return Status.PENDING
