"""A subscription's state: a pure function of what Stripe told of it, in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from donations.domain.subscription import (
    EndedBy,
    Frequency,
    InvoiceStatus,
    InvoiceTold,
    SubscriptionStatus,
    SubscriptionTold,
    fold,
    frequency_of,
    given_up,
    is_further,
    is_newer,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TOLD = SubscriptionTold("sub_1", "cus_1", "active", 2000, "usd", "month", NOW, NOW + timedelta(days=30))
INVOICE = InvoiceTold("in_1", "sub_1", InvoiceStatus.OPEN, "subscription_cycle", 2000, 0, "usd", 1, NOW)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, SubscriptionStatus.ACTIVE),
        ({"word": "trialing"}, SubscriptionStatus.ACTIVE),
        ({"word": "a word of tomorrow"}, SubscriptionStatus.ACTIVE),
        ({"word": "past_due"}, SubscriptionStatus.RETRYING),
        ({"word": "unpaid"}, SubscriptionStatus.GIVEN_UP),
        ({"word": "paused"}, SubscriptionStatus.PAUSED),
        ({"paused": True}, SubscriptionStatus.PAUSED),
        ({"cancel_at": NOW}, SubscriptionStatus.ENDING),
        ({"cancel_at": NOW, "paused": True}, SubscriptionStatus.ENDING),
        ({"word": "canceled"}, SubscriptionStatus.ENDED),
        ({"word": "incomplete_expired"}, SubscriptionStatus.NEVER_BEGAN),
    ],
)
def test_stripes_words_are_folded_into_ours(changes: dict[str, object], status: SubscriptionStatus) -> None:
    assert fold(replace(TOLD, **changes), paid=True, given_up=False) == status  # type: ignore[arg-type]


def test_a_failed_charge_that_stripe_tries_no_more_is_given_up() -> None:
    past_due = replace(TOLD, word="past_due")
    assert given_up([INVOICE])
    assert not given_up([replace(INVOICE, next_attempt_at=NOW)])
    assert not given_up([replace(INVOICE, attempts=0)])
    newer = replace(INVOICE, id="in_2", made_at=NOW + timedelta(days=30), next_attempt_at=NOW + timedelta(days=33))
    assert not given_up([INVOICE, newer])
    assert fold(past_due, paid=True, given_up=True) == SubscriptionStatus.GIVEN_UP


def test_it_starts_with_its_first_paid_invoice_whether_or_not_the_subscription_was_told() -> None:
    assert fold(None, paid=False, given_up=False) == SubscriptionStatus.STARTING
    assert fold(None, paid=True, given_up=False) == SubscriptionStatus.ACTIVE
    incomplete = replace(TOLD, word="incomplete")
    assert fold(incomplete, paid=False, given_up=False) == SubscriptionStatus.STARTING
    assert fold(incomplete, paid=True, given_up=False) == SubscriptionStatus.ACTIVE


def test_the_newest_telling_counts_and_the_end_is_final() -> None:
    later = NOW + timedelta(seconds=1)
    ended = replace(TOLD, word="canceled")
    assert is_newer(replace(TOLD, amount=500), later, TOLD, NOW)
    assert not is_newer(TOLD, NOW, replace(TOLD, amount=500), later)
    assert is_newer(ended, NOW, TOLD, later)
    assert not is_newer(TOLD, later, ended, NOW)
    assert not is_newer(TOLD, NOW, TOLD, NOW)


def test_tellings_of_one_second_end_alike_in_any_order() -> None:
    tellings = [replace(TOLD, word=word) for word in ("incomplete", "active")]
    tellings += [replace(TOLD, paused=True), replace(TOLD, amount=500), replace(TOLD, cancel_at=NOW)]
    ends = set()
    for order in permutations(tellings):
        known = order[0]
        for told in order[1:]:
            known = told if is_newer(told, NOW, known, NOW) else known
        ends.add(known)
    assert len(ends) == 1
    assert ends.pop().word == "active"


def test_a_charge_that_failed_in_the_second_that_made_it_is_not_forgotten() -> None:
    past_due = replace(TOLD, word="past_due")
    assert is_newer(past_due, NOW, TOLD, NOW)
    assert not is_newer(TOLD, NOW, past_due, NOW)
    assert is_newer(TOLD, NOW + timedelta(seconds=1), past_due, NOW)


def test_an_invoice_only_goes_forward() -> None:
    later = NOW + timedelta(days=1)
    paid = replace(INVOICE, status=InvoiceStatus.PAID, paid=2000)
    assert is_further(paid, NOW, INVOICE, later)
    assert not is_further(replace(INVOICE, attempts=4), later, paid, NOW)
    assert is_further(replace(INVOICE, attempts=2), NOW, INVOICE, NOW)


def test_only_money_that_came_through_stripe_is_a_gift() -> None:
    paid = replace(INVOICE, status=InvoiceStatus.PAID, paid=2000)
    assert paid.is_gift
    assert not INVOICE.is_gift
    assert not replace(paid, paid=0).is_gift
    assert not replace(paid, outside=True).is_gift


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({}, EndedBy.NOBODY),
        ({"reason": "cancellation_requested"}, EndedBy.NOBODY),  # asked for, and taken back
        ({"word": "canceled", "reason": "cancellation_requested"}, EndedBy.STRIPE),
        ({"cancel_at": NOW, "reason": "cancellation_requested"}, EndedBy.STRIPE),
        ({"word": "canceled", "reason": "cancellation_requested", "stopped_by": "donor"}, EndedBy.DONOR),
        ({"cancel_at": NOW, "stopped_by": "staff"}, EndedBy.STAFF),
        ({"word": "canceled", "reason": "payment_failed", "stopped_by": "donor"}, EndedBy.FAILED),
        ({"word": "canceled", "reason": "payment_disputed"}, EndedBy.DISPUTED),
        ({"word": "canceled", "stopped_by": "x"}, EndedBy.STRIPE),
    ],
)
def test_who_ended_it(changes: dict[str, object], who: EndedBy) -> None:
    assert replace(TOLD, **changes).ended_by == who  # type: ignore[arg-type]


def test_every_interval_has_a_frequency() -> None:
    assert frequency_of("year") == Frequency.YEARLY
    assert frequency_of("month") == frequency_of("week") == Frequency.MONTHLY
