"""Adaptive Pricing: what a donor paid in another currency is shown beside the gift's own, and never booked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from donations.donors import emails
from donations.giving import checkout
from donations.giving.claims import Order
from donations.ledger.donor_emails import EmailKind
from donations.models import Donation, LedgerEntry, Receipt
from donations.reporting import export_shape, exports, reconciliation
from donations.stripe import balance_transactions, events, polling
from mail.outbox import Email
from sandbox.core import store
from sandbox.engine import bank_payments, card_payments, refunds, test_cards
from sandbox.models import Behaviour, Event
from tests.donations import histories
from tests.donations.stripe_objects import charge, event

pytestmark = pytest.mark.django_db(databases=["default", "sandbox"])

Tell = Callable[[Donation], None]


@pytest.fixture(autouse=True)
def pricing(settings: Any) -> Iterator[None]:
    settings.STRIPE_ADAPTIVE_PRICING = True
    Behaviour.objects.update_or_create(id=1, defaults={"payer_currency": "jpy", "payer_rate": "1.5"})
    with histories.stripe_in_process():
        yield


def give(*, bank: bool = False) -> Donation:
    """$20.00, which Stripe's page showed as ¥3,000."""
    donation = checkout.begin(Order(amount=2000, currency="usd"), "a donor")
    if bank:
        bank_payments.pay(donation.session_id, "settles", histories.ADA)
        bank_payments.settle(store.get("checkout.session", donation.session_id).payment_intent, "settles")
    else:
        visa = test_cards.lookup(histories.PLAIN)
        card_payments.pay(donation.session_id, visa, card_payments.Expiry(12, 2040), histories.ADA)
    return donation


def told(kind: str) -> Tell:
    return lambda _: events.receive(json.dumps(Event.objects.get(type=kind).body))


def fetched(donation: Donation) -> None:
    polling.poll(donation)


WAYS = [told("checkout.session.completed"), told("payment_intent.succeeded"), told("charge.succeeded"), fetched]


@pytest.mark.parametrize("way", WAYS, ids=["session", "intent", "charge", "fetched"])
def test_whoever_tells_it_the_gift_knows_what_the_donor_paid(way: Tell) -> None:
    donation = give()
    way(donation)
    donation.refresh_from_db()
    assert (donation.presented_amount, donation.presented_currency, donation.paid_as) == (3000, "jpy", "¥3,000")
    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.currency) == (2000, "usd")


def test_the_donor_and_the_treasurer_read_both(admin_client: Client) -> None:
    donation = give()
    fetched(donation)
    receipt = Receipt.objects.get().number
    for address in (
        f"/success?session_id={donation.session_id}",
        f"/receipts/{receipt}",
        f"/admin/donations/donation/{donation.pk}/change/",
    ):
        page = " ".join(admin_client.get(address).content.decode().split())
        assert "Paid as" in page, address
        assert "¥3,000" in page, address
        assert "$20" in page or "20.00" in page, address
    (row,) = exports.EXPORTS["donations"].rows(export_shape.Period())
    cells = dict(zip(exports.EXPORTS["donations"].columns, row, strict=True))
    assert (cells["paid"], cells["currency"], cells["paid_as"]) == (2000, "usd", "3000 JPY")


@pytest.mark.parametrize("bank", [False, True])
def test_the_letter_says_it(bank: bool) -> None:
    donation = give(bank=bank)
    fetched(donation)
    letter = emails.compose(EmailKind.PAID, LedgerEntry.objects.get().source)
    assert isinstance(letter, Email)
    assert "You paid it as ¥3,000." in letter.text
    assert "¥3,000" in letter.html


def test_a_refund_is_booked_in_the_gifts_currency_and_the_books_agree() -> None:
    donation = give()
    found = store.charge_of(store.get("checkout.session", donation.session_id).payment_intent)
    assert found
    made = refunds.create(found.stripe_id, 500)
    assert made.body["presentment_details"] == {"presentment_amount": 750, "presentment_currency": "jpy"}
    fetched(donation)
    polling.fetch_cases(found.payment_intent)
    balance_transactions.mirror()
    assert sorted(LedgerEntry.objects.values_list("amount", "currency")) == [(-500, "usd"), (2000, "usd")]
    assert reconciliation.reconcile().agree


def test_nothing_is_said_where_the_operator_has_not_turned_it_on(settings: Any, client: Client) -> None:
    settings.STRIPE_ADAPTIVE_PRICING = False
    donation = give()
    fetched(donation)
    assert donation.paid_as == ""
    assert "Paid as" not in client.get(f"/success?session_id={donation.session_id}").content.decode()


@pytest.mark.parametrize(
    "details", [None, [], {}, {"presentment_amount": "3", "presentment_currency": "jpy"},
                {"presentment_amount": 2000, "presentment_currency": "usd"}]
)  # fmt: skip
def test_details_that_say_nothing_stop_no_gift(donation: Donation, details: Any) -> None:
    thing = charge(donation, presentment_details=details)
    events.receive(json.dumps(event("charge.succeeded", thing)))
    donation.refresh_from_db()
    assert (donation.status, donation.paid_as) == ("paid", "")


def test_stripes_page_shows_the_payers_currency_first(client: Client) -> None:
    donation = checkout.begin(Order(amount=2000, currency="usd"), "a donor")
    page = client.get(f"/sandbox/pay/{donation.session_id}").content.decode()
    assert "Pay ¥3,000 JPY ($20.00 USD)" in page
