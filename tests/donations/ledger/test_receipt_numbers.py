"""The numbers of receipts: one for each gift of money, in sequence, whoever draws at once."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, transaction

from donations.domain.updates import Payment, Refund, RefundStatus, StripeUpdate
from donations.ledger import posting, receipt_numbers
from donations.models import AppendOnly, Donation, LedgerEntry, Receipt, ReceiptCounter

Make = Callable[..., Donation]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def paid(donation: Donation) -> StripeUpdate:
    intent = f"pi_{donation.uuid.hex}"
    payment = Payment(intent, donation.amount, donation.currency)
    return StripeUpdate(at=NOON, donation=donation.uuid, refs=(intent,), change=payment)


def refunded(donation: Donation) -> StripeUpdate:
    refund = Refund(f"re_{donation.pk}", NOON, donation.amount, donation.currency, RefundStatus.SUCCEEDED, True, False)
    return StripeUpdate(at=NOON, refs=(f"pi_{donation.uuid.hex}", refund.id), change=refund)


def entry(donation: Donation, **changes: Any) -> LedgerEntry:
    values = {"kind": "payment", "source": f"pi_{donation.pk}", "amount": 2000, "currency": "usd", "happened_at": NOON}
    return LedgerEntry.objects.create(donation=donation, **(values | changes))


def numbers() -> list[int]:
    return list(Receipt.objects.order_by("number").values_list("number", flat=True))


@pytest.mark.django_db
def test_each_payment_gets_the_next_number_and_keeps_it(make_donation: Make) -> None:
    donations = [make_donation() for _ in range(3)]
    for donation in donations * 2:
        posting.post(paid(donation))
    assert numbers() == [1, 2, 3]
    assert [receipt_numbers.find(donation.entries.get()) for donation in donations] == [1, 2, 3]


@pytest.mark.django_db
def test_a_refund_has_none(donation: Donation) -> None:
    posting.post(paid(donation))
    posting.post(refunded(donation))
    assert numbers() == [1]
    assert receipt_numbers.find(donation.entries.get(kind="refund")) is None


@pytest.mark.django_db
def test_a_second_payment_of_one_gift_has_a_number_of_its_own(donation: Donation) -> None:
    posting.post(paid(donation))
    payment = Payment("pi_again", donation.amount, donation.currency)
    posting.post(StripeUpdate(at=NOON, donation=donation.uuid, refs=("pi_again",), change=payment))
    assert numbers() == [1, 2]


@pytest.mark.django_db
def test_an_entry_that_has_a_number_is_told_it_again(donation: Donation) -> None:
    gift = entry(donation)
    assert [receipt_numbers.draw(gift) for _ in range(3)] == [1, 1, 1]
    assert receipt_numbers.draw(gift) == 1, "who lost the race is told the winner's number"
    assert receipt_numbers.draw(entry(donation, source="pi_next")) == 2, "and leaves no gap"


@pytest.mark.django_db(transaction=True)
def test_a_number_goes_back_with_the_payment_that_was_not_booked(make_donation: Make) -> None:
    lost, kept = make_donation(), make_donation()
    with transaction.atomic():
        posting.post(paid(lost))
        transaction.set_rollback(True)
    posting.post(paid(kept))
    assert numbers() == [1]
    assert receipt_numbers.find(kept.entries.get()) == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_payments_at_once_get_twenty_numbers_without_a_gap(make_donation: Make) -> None:
    donations = [make_donation() for _ in range(20)]
    start = threading.Barrier(10)

    def work(mine: list[Donation]) -> None:
        try:
            start.wait()
            for donation in mine:
                posting.post(paid(donation))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(donations[index::10],)) for index in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers() == list(range(1, 21))
    assert ReceiptCounter.objects.get().last == 20


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_for_one_entry_get_one_number(donation: Donation) -> None:
    gift = entry(donation)
    start, told = threading.Barrier(8), []

    def work() -> None:
        try:
            start.wait()
            told.append(receipt_numbers.draw(gift))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [1] * 8
    assert ReceiptCounter.objects.get().last == 1


@pytest.mark.django_db
def test_a_receipt_is_never_changed(donation: Donation) -> None:
    posting.post(paid(donation))
    with pytest.raises(AppendOnly):
        Receipt.objects.update(number=7)


@pytest.mark.django_db
def test_payments_from_before_the_numbers_get_theirs_in_order(make_donation: Make) -> None:
    """As the migration finds them: entries, no numbers."""
    first, second = entry(make_donation()), entry(make_donation())
    entry(second.donation, kind="refund", source="re_1", amount=-500)
    ReceiptCounter.objects.all().delete()
    migration = importlib.import_module("donations.migrations.0002_receipts")
    migration.number_what_came_before(apps, connection.schema_editor)
    assert [receipt_numbers.find(first), receipt_numbers.find(second)] == [1, 2]
    assert receipt_numbers.draw(entry(make_donation())) == 3
