"""The fold: a donation's status is a pure function of what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from donations.domain.updates import Checkout, DisputeStatus, RefundStatus


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    LOST = "lost"
    VOID = "void"
    FAILED = "failed"
    EXPIRED = "expired"


def gettext_noop(text: str) -> str:
    """Marks a text for translation, by a name that makemessages looks for. It is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Label:
    """How a status is called, by whom it is told. Exports tell its own value, which names a receipt's template too."""

    staff: str
    donor: str  # in the account
    book: str  # where the gift stands in the donor's book: a word of BOOK
    page: str  # the success page's word, and its template in donations/success


LABELS = {
    Status.PENDING: Label(
        staff=gettext_noop("pending"), donor=gettext_noop("Not paid yet"), book="pencil", page="open"
    ),
    Status.PROCESSING: Label(
        staff=gettext_noop("with the bank"),
        donor=gettext_noop("In pencil, with your bank"),
        book="pencil",
        page="delayed",
    ),
    Status.PAID: Label(staff=gettext_noop("paid"), donor=gettext_noop("In the book"), book="book", page="paid"),
    Status.PARTLY_REFUNDED: Label(
        staff=gettext_noop("partly refunded"),
        donor=gettext_noop("In the book, partly refunded"),
        book="book",
        page="paid",
    ),
    Status.REFUNDED: Label(
        staff=gettext_noop("refunded"), donor=gettext_noop("Refunded"), book="back", page="refunded"
    ),
    Status.DISPUTED: Label(
        staff=gettext_noop("disputed"), donor=gettext_noop("Disputed by your bank"), book="back", page="disputed"
    ),
    Status.LOST: Label(
        staff=gettext_noop("lost to a dispute"),
        donor=gettext_noop("Taken back by your bank"),
        book="back",
        page="disputed",
    ),
    Status.VOID: Label(
        staff=gettext_noop("struck out"),
        donor=gettext_noop("Struck out: the record was wrong"),
        book="void",
        page="void",
    ),
    Status.FAILED: Label(
        staff=gettext_noop("failed"), donor=gettext_noop("Turned down, nothing taken"), book="void", page="failed"
    ),
    Status.EXPIRED: Label(
        staff=gettext_noop("expired"), donor=gettext_noop("Never paid, nothing taken"), book="void", page="expired"
    ),
}
# The four states of a donor's book, as the account calls them.
BOOK = {
    "book": gettext_noop("In the book"),
    "pencil": gettext_noop("In pencil"),
    "back": gettext_noop("Went back"),
    "void": gettext_noop("Never arrived"),
}

# The payment itself arrived, whatever became of the money.
ARRIVED = frozenset({Status.PAID, Status.PARTLY_REFUNDED, Status.REFUNDED, Status.DISPUTED, Status.LOST, Status.VOID})
# Nothing more is expected from Stripe about the payment itself.
FINAL = ARRIVED | {Status.FAILED, Status.EXPIRED}
# Money came or is on its way: the same form must not take the donor to a second payment.
GIVEN = ARRIVED | {Status.PROCESSING}

_CHECKOUT_RANK = (Checkout.OPEN, Checkout.EXPIRED, Checkout.COMPLETE)
_REFUND_RANK = tuple(RefundStatus)
_DISPUTE_RANK = tuple(DisputeStatus)

# The bank has taken the money back, or is about to, and has not decided for good.
CHARGEBACK_OPEN = frozenset(
    {
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.APPEAL_NEEDS_RESPONSE,
        DisputeStatus.APPEAL_UNDER_REVIEW,
        DisputeStatus.UNKNOWN,
    }
)
# Closed, and not for us: money that is still out then stays out.
CLOSED_AGAINST_US = frozenset({DisputeStatus.LOST, DisputeStatus.PREVENTED})
# Still to be watched, or to be answered (an inquiry is a task).
DISPUTE_OPEN = CHARGEBACK_OPEN | {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW}


@dataclass(frozen=True, slots=True)
class StatusInput:
    """All that is known of one donation. Sums are positive, in minor units of the gift's currency."""

    paid: int
    checkout: Checkout
    settling_failed: bool
    refunded: int = 0
    withdrawn: int = 0
    disputes: frozenset[DisputeStatus] = frozenset()
    # Of a gift outside Stripe: what was recorded by mistake.
    voided: int = 0
    # Of what was paid: what failed after it had arrived.
    failed: int = 0

    @property
    def arrived(self) -> int:
        """What was paid and has not failed since."""
        return self.paid - self.failed


def furthest(one: Checkout, other: Checkout) -> Checkout:
    """Facts only grow: a session that was seen complete is not reopened by an older snapshot."""
    return max(one, other, key=_CHECKOUT_RANK.index)


def furthest_refund(one: RefundStatus, other: RefundStatus) -> RefundStatus:
    return max(one, other, key=_REFUND_RANK.index)


def is_newer(word: str, as_of: datetime, known: str, known_as_of: datetime) -> bool:
    """Whether an update replaces what is known of a dispute. Stripe's times are whole seconds: rank decides ties."""
    return (as_of, _dispute_rank(word), word) > (known_as_of, _dispute_rank(known), known)


def _dispute_rank(word: str) -> int:
    return _DISPUTE_RANK.index(DisputeStatus(word))


def dispute_status(word: str, *, closed: bool) -> DisputeStatus:
    """What Stripe's word means; `closed` says of an unknown one that the dispute ended with it."""
    known = DisputeStatus(word)
    return DisputeStatus.PREVENTED if closed and known is DisputeStatus.UNKNOWN else known


def fold(inputs: StatusInput) -> Status:
    if inputs.arrived > 0:
        return _of_arrived(inputs)
    if inputs.settling_failed or inputs.failed:
        return Status.FAILED
    if inputs.checkout is Checkout.COMPLETE:
        return Status.PROCESSING
    if inputs.checkout is Checkout.EXPIRED:
        return Status.EXPIRED
    return Status.PENDING


def _of_arrived(inputs: StatusInput) -> Status:
    if inputs.voided >= inputs.arrived:
        return Status.VOID
    # Closed with money still out is lost; only a dispute that was won gives it back, a moment later.
    against_us = inputs.disputes & CLOSED_AGAINST_US or inputs.disputes == {DisputeStatus.WARNING_CLOSED}
    undecided = inputs.withdrawn > 0 and not against_us
    if inputs.disputes & CHARGEBACK_OPEN or undecided:
        return Status.DISPUTED
    if inputs.withdrawn > 0:
        return Status.LOST
    if inputs.refunded >= inputs.arrived:
        return Status.REFUNDED
    return Status.PARTLY_REFUNDED if inputs.refunded > 0 else Status.PAID
