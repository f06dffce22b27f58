"""What can be reported of a gift: the vocabulary in which the domain speaks of Stripe's objects.

A StripeUpdate is what ONE Stripe object says about ONE donation. Updates only add, whatever order they come in.
`donations.stripe.parsing` makes them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from donations.domain.subscription import InvoiceTold, SubscriptionTold


class Checkout(StrEnum):
    """How far a checkout session came. A finished one never opens again; a word that we do not know is open."""

    OPEN = "open"
    EXPIRED = "expired"
    COMPLETE = "complete"

    @classmethod
    def _missing_(cls, word: object) -> Checkout:
        return cls.OPEN


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived: `amount` in minor units of `currency`.

    `source` is its payment intent; of a subscription, the invoice that was paid.
    """

    source: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentFailure:
    """A bank debit that failed, before it succeeded or days after; `amount` positive, `at` when we were told."""

    charge: str
    intent: str
    amount: int
    currency: str
    at: datetime


class RefundStatus(StrEnum):
    """In the order of what we may learn last: a refund that succeeded can fail weeks later.

    Stripe's words are open: a new one comes without a new release. One that we do not know is pending.
    """

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"

    @classmethod
    def _missing_(cls, word: object) -> RefundStatus:
        return cls.PENDING


class DisputeStatus(StrEnum):
    """An inquiry (`warning_…`) moves no money. Of two updates of one second the later in this order counts.

    A word that we do not know is UNKNOWN, which is open until Stripe says that the dispute is closed.
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    PREVENTED = "prevented"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    UNKNOWN = "unknown"
    LOST = "lost"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    WON = "won"

    @classmethod
    def _missing_(cls, word: object) -> DisputeStatus:
        return cls.WARNING_UNDER_REVIEW if str(word).startswith("warning_") else cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as one snapshot shows it. `amount` in minor units, positive; `made_at` is the same in every one."""

    id: str
    made_at: datetime
    amount: int
    currency: str
    status: RefundStatus
    # Money left our balance, by this snapshot; and came back to it.
    debited: bool
    credited: bool
    asked_by: str = ""
    # Of a refund that staff asked for here: the uuid of their request.
    request: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """One balance transaction of a dispute: `amount` signed, in the currency that Stripe settles in."""

    id: str
    amount: int
    currency: str
    at: datetime
    # Which way it went when a cent was settled to nothing.
    taken: bool = True

    @property
    def sign(self) -> int:
        return (-1 if self.taken else 1) if not self.amount else (-1 if self.amount < 0 else 1)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as one snapshot shows it; `status` in Stripe's own word, known or not."""

    id: str
    amount: int
    currency: str
    status: str
    deadline: datetime | None
    movements: tuple[Movement, ...]
    # Why, in the bank's word: "fraudulent".
    reason: str = ""
    # By the event that told it. What status means that is clear, unless we do not know the word.
    closed: bool = False


@dataclass(frozen=True, slots=True)
class FraudWarning:
    """The card's network takes a payment for fraud. While it is `actionable`, a refund saves the dispute's fee."""

    id: str
    actionable: bool
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Offline:
    """A gift outside Stripe, as staff recorded it; `amount` in minor units. Struck out when the record was wrong."""

    id: str
    amount: int
    currency: str
    voided: bool = False


Change = Payment | Refund | Dispute | FraudWarning | Offline | SubscriptionTold | InvoiceTold


@dataclass(frozen=True, slots=True)
class StripeUpdate:
    """What one Stripe object, or a record of the staff's, says about a donation."""

    at: datetime
    # Every Stripe id the object names.
    refs: tuple[str, ...] = ()
    # From the metadata that we put on the session and on its payment intent. Of the site its id, or its host where the
    # object is from before there were ids.
    site: str = ""
    donation: uuid.UUID | None = None
    # What was asked: minor units, for rebuilding a donation that a restored backup has forgotten.
    amount: int = 0
    currency: str = ""
    session: str = ""
    checkout: Checkout = Checkout.OPEN
    settling_failed: bool = False
    # `at` is only when the bank was asked for the payment, not when its money came.
    arrival_unknown: bool = False
    # A bank payment that was on its way for a while: its receipt has other words.
    delayed: bool = False
    email: str = ""
    # As typed on Stripe's page.
    payer_name: str = ""
    # What the donor saw and paid, where Stripe's page showed another currency: minor units of that one.
    presented: tuple[int, str] | None = None
    # Stripe says its status in a word that we do not know: it is taken for the nearest open one.
    unknown_status: bool = False
    # What moved money, or is about to.
    change: Change | None = None
    # That the payment's charge failed. Beside the change: its session may still say that it was paid.
    failure: PaymentFailure | None = None
    # Of an invoice: when this was told. `at` is when it was paid.
    told_at: datetime | None = None
    # The ids of what tells the rest: of a session, its subscription and that one's first invoice.
    follow: tuple[str, ...] = ()

    @property
    def payment_reference(self) -> str:
        """The payment that a refund or dispute belongs to: it carries no metadata of ours, only this id."""
        return next((reference for reference in self.refs if reference.startswith("pi_")), "") or next(
            (reference for reference in self.refs if reference.startswith(("ch_", "py_"))), ""
        )


@dataclass(frozen=True, slots=True)
class BookedAtStripe:
    """A balance transaction: `amount`, `fee` and `net` in the settlement currency, signed.

    `gift_amount` is the source's own amount, signed alike, in the currency of the gift; 0 when there is none.
    """

    id: str
    type: str
    category: str
    source: str
    payment: str
    # From the metadata that we put on the payment, which its charge copies: as in StripeUpdate.
    site: str
    gift_amount: int
    gift_currency: str
    amount: int
    fee: int
    net: int
    currency: str
    exchange_rate: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PayoutAtStripe:
    """A payout: `amount` in minor units. `known` when Stripe can list what it carried."""

    id: str
    amount: int
    currency: str
    status: str
    created_at: datetime
    arrival_at: datetime
    known: bool


def abandoned(donation: uuid.UUID, at: datetime) -> StripeUpdate:
    """The update of a donation that never got as far as a session, given up by us."""
    return StripeUpdate(at=at, donation=donation, checkout=Checkout.EXPIRED)
