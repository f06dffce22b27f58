"""What the card fee is thought to be beforehand, and known to be afterwards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from donations.domain.updates import Payment, StripeUpdate
from donations.donors import shown_sums
from donations.giving import fee_preview
from donations.ledger import posting
from donations.models import BalanceTransaction, Donation, LedgerEntry, sums_of
from donations.reporting import fees
from donations.reporting.fees import Kept
from organisation.models import Organisation


@pytest.mark.parametrize(("amount", "fee"), [(500, 45), (1000, 59), (2500, 103), (10000, 320), (10, 10)])
def test_stripes_usual_fee_is_known_for_dollars(amount: int, fee: int) -> None:
    assert fees.estimate(amount, "usd", Organisation()) == fee


def test_where_nobody_told_the_rate_nothing_is_said() -> None:
    assert fees.estimate(2000, "jpy", Organisation()) is None
    assert fee_preview.preview(2000, Organisation(card_fee_percent=None))


def test_the_organisations_own_rate_holds() -> None:
    own = Organisation(card_fee_percent=Decimal("1.2"), card_fee_fixed=None)
    assert fees.estimate(2000, "jpy", own) == 24


@pytest.mark.django_db
def test_without_a_rate_the_page_says_nothing_of_fees(client: Client, settings) -> None:
    assert "What reaches us" in client.get("/donate").content.decode()
    settings.DONATION_CURRENCY = "nok"
    assert "What reaches us" not in client.get("/donate").content.decode()


def paid(amount: int = 2000) -> LedgerEntry:
    now = timezone.now()
    donation = Donation.objects.create(amount=amount, currency="usd", expires_at=now)
    posting.post(StripeUpdate(at=now, donation=donation.uuid, change=Payment("pi_1", amount, "usd"), refs=("pi_1",)))
    return LedgerEntry.objects.get()


def booked(currency: str = "usd", amount: int = 2000) -> None:
    BalanceTransaction.objects.create(
        id="txn_1",
        type="charge",
        category="charge",
        payment="pi_1",
        site="localhost",
        gift_amount=2000,
        gift_currency="usd",
        amount=amount,
        fee=88,
        net=amount - 88,
        currency=currency,
        created_at=timezone.now(),
    )


def slip(entry: LedgerEntry) -> list[str]:
    return [line.sum for line in shown_sums.reached(entry.donation, sums_of(entry.donation))]


@pytest.mark.django_db
def test_the_fee_of_a_payment_is_what_stripes_book_says() -> None:
    entry = paid()
    assert fees.of_payment(entry) is None
    booked()
    assert fees.of_payment(entry) == Kept(88, 1912, "usd")
    assert slip(entry) == ["(0.88)", "19.12"]


@pytest.mark.django_db
def test_a_fee_that_was_settled_in_another_currency_is_told_in_that_currency() -> None:
    entry = paid()
    booked("eur", 1800)
    assert fees.of_payment(entry) == Kept(88, 1712, "eur")
    assert slip(entry) == ["(0.88) EUR", "17.12 EUR"]


@pytest.mark.django_db
def test_a_booking_that_does_not_fit_the_payment_tells_no_fee() -> None:
    entry = paid()
    booked(amount=1999)
    assert fees.of_payment(entry) is None
