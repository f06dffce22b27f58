"""What a monthly or yearly gift is: a pure function of what Stripe told of it, in any order.

Stripe tells a subscription whole each time, so the newest telling counts; an invoice only ever goes forward.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import StrEnum


class Frequency(StrEnum):
    """How often a donor wants to give."""

    ONCE = "once"
    MONTHLY = "monthly"
    YEARLY = "yearly"


# A frequency -> Stripe's word for the time between two charges.
INTERVALS = {Frequency.MONTHLY: "month", Frequency.YEARLY: "year"}


def frequency_of(interval: str) -> Frequency:
    """The frequency of Stripe's interval; a day or a week was never asked for here, and counts as monthly."""
    return Frequency.YEARLY if interval == "year" else Frequency.MONTHLY


class SubscriptionStatus(StrEnum):
    """How a subscription stands now."""

    STARTING = "starting"  # its first charge has not succeeded yet
    ACTIVE = "active"
    RETRYING = "retrying"  # a charge failed, and Stripe will try again
    GIVEN_UP = "given_up"  # a charge failed, and Stripe tries no more
    PAUSED = "paused"
    ENDING = "ending"  # no charge will follow: it ends with what was paid for
    ENDED = "ended"
    NEVER_BEGAN = "never_began"  # its first charge never succeeded


# More may be charged, now or after something was mended.
LIVE = frozenset(
    {
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.RETRYING,
        SubscriptionStatus.GIVEN_UP,
        SubscriptionStatus.PAUSED,
        SubscriptionStatus.ENDING,
    }
)
# The next charge is expected: what it comes to in a month is counted on.
GOING = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.RETRYING})
# A charge failed, and is not paid yet.
PAST_DUE = frozenset({SubscriptionStatus.RETRYING, SubscriptionStatus.GIVEN_UP})
OVER = frozenset({SubscriptionStatus.ENDED, SubscriptionStatus.NEVER_BEGAN})


class EndedBy(StrEnum):
    """Who ended a subscription, or asked for its end; nobody while it goes on."""

    NOBODY = ""
    DONOR = "donor"  # on our page, or in Stripe's billing portal
    STAFF = "staff"  # on the desk
    FAILED = "failed"  # Stripe, because its charges failed
    DISPUTED = "disputed"  # Stripe, because the donor's bank took a charge back
    STRIPE = "stripe"  # in Stripe's dashboard or portal: which of them, Stripe does not tell


# Stripe's billing_reason of the invoice that begins a subscription.
FIRST = "subscription_create"

# Stripe's words, in the order in which they can follow each other within one second. A charge that fails follows what
# made it; whoever is wrongly taken for past due is asked about daily, and whoever is wrongly active only next month.
_WORDS = ("incomplete", "trialing", "active", "past_due", "unpaid", "paused", "canceled", "incomplete_expired")
_FINAL_WORDS = frozenset({"canceled", "incomplete_expired"})
_REASONS = {"payment_failed": EndedBy.FAILED, "payment_disputed": EndedBy.DISPUTED}


@dataclass(frozen=True, slots=True)
class SubscriptionTold:
    """A subscription as one snapshot shows it; `amount` in minor units of `currency`, for each `interval`.

    `word` is Stripe's own, known or not. `cancel_at` is set when it will end, whichever way that was asked for.
    """

    id: str
    customer: str
    word: str
    amount: int
    currency: str
    interval: str
    started_at: datetime
    # The period that is being paid for, or was paid for last.
    period_start: datetime | None = None
    period_end: datetime | None = None
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    paused: bool = False
    resumes_at: datetime | None = None
    # Why it ends, in Stripe's word: cancellation_requested, payment_failed, payment_disputed.
    reason: str = ""
    # Who asked here for the end: what we put into its metadata, "donor" or "staff".
    stopped_by: str = ""

    @property
    def unknown(self) -> bool:
        """Whether Stripe's word is one that we do not know: it counts as active."""
        return self.word not in _WORDS

    @property
    def ended_by(self) -> EndedBy:
        """Who ended it, or asked for its end."""
        if self.word not in _FINAL_WORDS and not self.cancel_at:
            return EndedBy.NOBODY
        if self.reason in _REASONS:
            return _REASONS[self.reason]
        known = self.stopped_by in {EndedBy.DONOR, EndedBy.STAFF}
        return EndedBy(self.stopped_by) if known else EndedBy.STRIPE


class InvoiceStatus(StrEnum):
    """How far an invoice came, in the order in which that can be. One that was paid stays so."""

    DRAFT = "draft"
    OPEN = "open"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"
    PAID = "paid"

    @classmethod
    def _missing_(cls, word: object) -> InvoiceStatus:
        return cls.OPEN


@dataclass(frozen=True, slots=True)
class InvoiceTold:
    """One charge of a subscription, as one snapshot shows it. Amounts in minor units of `currency`."""

    id: str
    subscription: str
    status: InvoiceStatus
    # Stripe's billing_reason.
    reason: str
    due: int
    paid: int
    currency: str
    attempts: int
    made_at: datetime
    next_attempt_at: datetime | None = None
    paid_at: datetime | None = None
    # Stripe's word for the time between two charges, as far as the invoice's own period tells.
    interval: str = "month"
    customer: str = ""
    # By which it was paid: a payment intent, where the snapshot names one.
    payment: str = ""
    # The snapshot names its payments, and none of them is a payment intent: the money came outside Stripe.
    outside: bool = False

    @property
    def is_first(self) -> bool:
        """Whether it began the subscription: its gift is the one that was made on our form."""
        return self.reason == FIRST

    @property
    def is_gift(self) -> bool:
        """Whether money came by it: not by one of 0, nor by one that was only marked as paid."""
        return self.status is InvoiceStatus.PAID and self.paid > 0 and not self.outside


def is_newer(told: SubscriptionTold, at: datetime, known: SubscriptionTold, known_at: datetime) -> bool:
    """Whether a snapshot replaces what is known. One that ended never goes on.

    Stripe's times are whole seconds: of one second, the later word counts.
    """
    return _rank(told, at) > _rank(known, known_at)


def is_further(told: InvoiceTold, at: datetime, known: InvoiceTold, known_at: datetime) -> bool:
    """Whether a snapshot of an invoice goes further than what is known of it."""
    return _progress(told, at) > _progress(known, known_at)


def fold(told: SubscriptionTold | None, *, paid: bool, given_up: bool) -> SubscriptionStatus:
    """How a subscription stands.

    `told` is the newest snapshot, `paid` whether an invoice of it was paid, `given_up` whether Stripe tries the newest
    unpaid invoice no more.
    """
    if told is None:
        return SubscriptionStatus.ACTIVE if paid else SubscriptionStatus.STARTING
    match told.word:
        case "canceled":
            return SubscriptionStatus.ENDED
        case "incomplete_expired":
            return SubscriptionStatus.NEVER_BEGAN
        case "incomplete" if not paid:
            return SubscriptionStatus.STARTING
        case "unpaid":
            return SubscriptionStatus.GIVEN_UP
        case "past_due":
            return SubscriptionStatus.GIVEN_UP if given_up else SubscriptionStatus.RETRYING
    if told.cancel_at:
        return SubscriptionStatus.ENDING
    if told.paused or told.word == "paused":
        return SubscriptionStatus.PAUSED
    return SubscriptionStatus.ACTIVE


def given_up(owed: Iterable[InvoiceTold]) -> bool:
    """Whether Stripe tries the newest of these unpaid invoices no more."""
    tried = [invoice for invoice in owed if invoice.attempts]
    return bool(tried) and max(tried, key=lambda each: (each.made_at, each.id)).next_attempt_at is None


def _rank(told: SubscriptionTold, at: datetime) -> tuple[object, ...]:
    word = _WORDS.index(told.word) if told.word in _WORDS else len(_WORDS)
    # The rest only decides between two of one second, the same way whichever comes first.
    return told.word in _FINAL_WORDS, at, word, repr(astuple(told))


def _progress(told: InvoiceTold, at: datetime) -> tuple[object, ...]:
    times = tuple(str(each or "") for each in (told.next_attempt_at, told.paid_at))
    return tuple(InvoiceStatus).index(told.status), told.attempts, at, told.paid, told.due, times, told.outside
