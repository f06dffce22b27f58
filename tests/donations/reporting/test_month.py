"""The running month, as visitors may read it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from desk.pages import dashboard
from donations.domain.status import Status
from donations.domain.updates import Dispute, DisputeStatus, Movement, Payment, Refund, RefundStatus, StripeUpdate
from donations.jobs import scheduler
from donations.jobs.registry import Result
from donations.ledger import offline_donations, posting
from donations.ledger.offline_donations import Received
from donations.models import BalanceTransaction, Donation
from donations.reporting import month, public_totals
from donations.reporting.month import this_month
from lib.web import kept_page
from organisation.models import current
from tests.donations.reconciled import reconciled
from tests.donations.reporting.test_fees import booked, paid

pytestmark = pytest.mark.django_db


def test_a_month_without_anything_is_empty_and_not_shown(client: Client) -> None:
    assert this_month().empty
    assert "Our books are open" not in client.get("/").content.decode()


@pytest.mark.parametrize(("took", "kept"), [(0.01, 3), (0.1, 5), (9, 30)])
def test_what_is_read_is_kept_for_seconds_and_longer_where_reading_takes_long(
    monkeypatch: pytest.MonkeyPatch, took: float, kept: float
) -> None:
    clock = iter((100.0, 100.0 + took))
    monkeypatch.setattr(month, "monotonic", lambda: next(clock))
    ages: dict[str, float] = {}
    monkeypatch.setattr(cache, "set", lambda key, found, age: ages.update({key: age}))
    this_month()
    assert ages[month.KEY] == pytest.approx(kept)


def test_fees_are_in_pencil_until_stripe_has_told_all_of_them() -> None:
    paid()
    now = this_month()
    assert (now.figures.gifts, now.figures.gross, now.untold) == (1, 2000, 1)
    cache.clear()
    kept_page.forget()
    booked()
    now = this_month()
    assert (now.figures.fees.payments, now.figures.net, now.untold) == (88, 1912, 0)


def test_the_page_says_it_as_a_book_does(client: Client) -> None:
    paid()
    assert "in pencil until Stripe tells us" in client.get("/").content.decode()
    cache.clear()
    kept_page.forget()
    booked()
    page = client.get("/").content.decode()
    assert "(0.88)" in page
    assert "1,912" not in page
    assert "19.12" in page


def words(client: Client) -> str:
    cache.clear()
    kept_page.forget()
    return " ".join(re.sub(r"<[^>]*>", " ", client.get("/").content.decode()).split())


@pytest.mark.parametrize("counted", [True, False])
def test_what_the_cup_counts_can_be_followed_in_the_books(client: Client, counted: bool) -> None:
    organisation = current()
    organisation.count_offline = counted
    organisation.save()
    entry = paid()
    booked()
    gift = Received(uuid.uuid4(), 5000, "usd", "cheque", timezone.localdate(), "tess@example.org")
    offline_donations.record(gift)
    refund = Refund("re_1", timezone.now(), 300, "usd", RefundStatus.SUCCEEDED, debited=True, credited=False)
    moved = (Movement("txn_d", -200, "usd", timezone.now()),)
    dispute = Dispute("dp_1", 200, "usd", DisputeStatus.LOST, None, moved)
    for change, reference in ((refund, "re_1"), (dispute, "dp_1")):
        refs = (reference, entry.source)
        posting.post(StripeUpdate(at=timezone.now(), refs=refs, change=change))
    said = words(client)
    assert "Gifts received 1 20.00" in said
    assert "Refunds (3.00)" in said
    assert "Disputes (2.00)" in said
    assert ("Gifts outside Stripe 1 50.00" in said) == counted
    raised, gifts, reached = (6500, "2", "64.12") if counted else (1500, "1", "14.12")
    assert f"Raised, before fees {gifts} {raised // 100}.00 Card fees (0.88) Reached Tincup {reached}" in said
    assert (public_totals.stats().raised, str(public_totals.stats().donations)) == (raised, gifts)
    assert [book.periods[0].reached for book in dashboard.books()] == ["$64.12"], "the treasurer sees all of it"


def test_each_count_is_of_the_gifts_whose_money_stands_beside_it(client: Client) -> None:
    now = timezone.now()
    paid()
    other = Donation.objects.create(amount=500, currency="usd", expires_at=now)
    for change, reference in (
        (Payment("pi_2", 500, "usd"), "pi_2"),
        (Refund("re_1", now, 500, "usd", RefundStatus.SUCCEEDED, debited=True, credited=False), "re_1"),
    ):
        posting.post(StripeUpdate(at=now, donation=other.uuid, change=change, refs=(reference, "pi_2")))
    said = words(client)
    assert "Gifts received 2 25.00" in said
    assert "Raised, before fees 1 20.00" in said


def test_gifts_outside_stripe_that_are_not_counted_leave_an_empty_month_empty() -> None:
    organisation = current()
    organisation.count_offline = False
    organisation.save()
    gift = Received(uuid.uuid4(), 5000, "usd", "cheque", timezone.localdate(), "tess@example.org")
    offline_donations.record(gift)
    assert this_month().empty


def test_fees_that_were_settled_in_another_currency_are_shown_in_it_and_not_taken_off(client: Client) -> None:
    paid()
    booked("eur", 1800)
    now = this_month()
    assert (now.untold, now.fees_elsewhere, now.figures.net) == (0, {"eur": 88}, 2000)
    page = client.get("/").content.decode()
    assert "Fees settled in EUR" in page
    assert "(0.88) EUR" in page
    assert "in pencil until Stripe tells us" not in page


def test_fees_of_gifts_in_another_currency_are_not_this_currencys(client: Client) -> None:
    paid()
    booked()
    BalanceTransaction.objects.create(
        id="txn_2", type="charge", category="charge", payment="pi_2", site="localhost", gift_amount=500,
        gift_currency="eur", amount=500, fee=30, net=470, currency="eur", created_at=timezone.now(),
    )  # fmt: skip
    assert this_month().fees_elsewhere == {}


def test_a_gift_that_a_bank_is_sending_is_in_pencil(client: Client) -> None:
    now = timezone.now()
    fields = {"amount": 6000, "currency": "usd", "expires_at": now, "status": Status.PROCESSING}
    Donation.objects.create(**fields)
    Donation.objects.create(**fields, created_at=now - timedelta(days=31))
    shown = this_month()
    assert (shown.waiting, shown.waiting_for, shown.figures.gross) == (1, 6000, 0)
    assert "Waiting on a bank" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (reconciled(0), "Agreed with Stripe to the cent on "),
        (reconciled(2), "found 2 entries that differ."),
        (Result("stopped half-way"), ""),
    ],
)
def test_the_last_proof_is_told_as_it_came_out(client: Client, result: Result, said: str) -> None:
    paid()
    scheduler.store_result(scheduler.RECONCILE, result)
    page = client.get("/").content.decode()
    assert said in page
    assert ("Stripe to the cent" in page) == said.startswith("Agreed")
    assert "pi_1" not in page
