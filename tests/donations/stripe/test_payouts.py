"""Payouts beside what they carried: on an account that is older than the site, and one that a busy shop shares."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from donations.ledger import offline_donations
from donations.models import BalanceTransaction, Donation, PaidOut, Payout
from donations.stripe import balance_transactions, payouts
from tests.donations.stripe_book import HOUR, StripeBook, movement

pytestmark = pytest.mark.django_db
DAY = 24 * HOUR


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> StripeBook:
    return StripeBook(monkeypatch)


@pytest.fixture
def gift(make_donation: Callable[..., Donation]) -> Donation:
    return make_donation(created_at=timezone.now() - timedelta(days=20))


def payout(number: int, amount: int, days_ago: float) -> dict[str, Any]:
    at = int(time.time() - days_ago * DAY)
    return {
        "id": f"po_{number}",
        "object": "payout",
        "amount": amount,
        "currency": "usd",
        "status": "paid",
        "automatic": True,
        "reconciliation_status": "completed",
        "created": at,
        "arrival_date": at,
    }


def part(number: int, net: int, days_ago: float, of: int, **changes: Any) -> dict[str, Any]:
    row = movement(number, amount=net, fee=0, net=net, created=int(time.time() - days_ago * DAY))
    return row | {"payout": f"po_{of}"} | changes


def own(number: int, amount: int, days_ago: float, of: int, **changes: Any) -> dict[str, Any]:
    """The payout's own movement, or one that names the payout."""
    source = {"id": f"po_{of}", "object": "payout", "amount": amount}
    return part(number, -amount, days_ago, of, type="payout", source=source, **changes)


def copy(book: StripeBook, of: list[dict[str, Any]], parts: list[dict[str, Any]]) -> dict[str, payouts.Checked]:
    book.rows = {"payouts": of, "balance_transactions": parts}
    balance_transactions.mirror()
    while payouts.mirror():
        pass
    return {one.payout.pk: one for one in payouts.checked(None, None, 100)}


def test_payouts_before_our_first_gift_are_left_out(gift: Donation, book: StripeBook) -> None:
    years = [payout(number, 5000, days_ago=30 + number) for number in range(500)]
    ours = payout(9000, 1000, days_ago=2)
    seen = copy(book, [ours, *years], [part(1, 1000, 3, 9000), own(2, 1000, 2, 9000)])
    assert list(seen) == ["po_9000"]
    assert seen["po_9000"].agrees
    assert Payout.objects.count() == 1


def test_a_cheque_of_years_ago_reaches_no_further_back(gift: Donation, book: StripeBook) -> None:
    received = offline_donations.Received(
        form=gift.uuid.__class__(int=7), amount=5000, currency="usd", method="cheque", by="staff",
        received_on=timezone.localdate() - timedelta(days=2000),
    )  # fmt: skip
    offline_donations.record(received)
    assert list(copy(book, [payout(1, 5000, days_ago=500)], [])) == []


def test_a_payout_that_began_before_our_copy_is_called_older(
    gift: Donation, book: StripeBook, admin_client: Client
) -> None:
    parts = [part(1, 4000, 25, 1), part(2, 1000, 19.5, 1), own(3, 5000, 19, 1)]
    (one,) = copy(book, [payout(1, 5000, days_ago=19)], parts).values()
    assert (one.older, one.parts, one.agrees) == (True, None, False)
    page = admin_client.get("/admin/donations/donation/export/?what=accounting").content.decode()
    assert "older than our copy" in page
    assert "come to" not in page


def test_a_payout_that_our_copy_has_not_reached_is_not_known_yet(gift: Donation, book: StripeBook) -> None:
    made = payout(1, 1000, days_ago=0.5)
    book.rows = {"payouts": [made], "balance_transactions": [part(1, 1000, 1, 1), own(2, 1000, 0.5, 1)]}
    payouts.mirror()
    (one,) = payouts.checked(None, None, 10)
    assert (one.older, one.parts) == (False, None)


def test_one_that_an_earlier_version_had_copied_is_older_too(gift: Donation) -> None:
    at = timezone.now() - timedelta(days=900)
    Payout.objects.create(
        pk="po_old", amount=1, currency="usd", status="paid", created_at=at, arrival_at=at, known=True
    )
    (one,) = payouts.checked(None, None, 10)
    assert one.older


@pytest.mark.parametrize("names_the_payout", [True, False])
@pytest.mark.parametrize(("kind", "net"), [("hold", -300), ("release", 300)])
def test_what_is_held_for_a_minimum_balance_is_a_part(
    gift: Donation, book: StripeBook, kind: str, net: int, names_the_payout: bool
) -> None:
    kind = f"payout_minimum_balance_{kind}"
    held = own(2, -net, 2, 1) if names_the_payout else part(2, net, 2, 1, source=None)
    parts = [part(1, 1000, 3, 1), held | {"type": kind, "reporting_category": kind}, own(3, 1000 + net, 2, 1)]
    (one,) = copy(book, [payout(1, 1000 + net, days_ago=2)], parts).values()
    assert (one.parts, one.agrees, one.older) == (1000 + net, True, False)


def test_the_newest_are_copied_first_and_a_round_is_short(
    gift: Donation, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payouts, "PARTS_AT_ONCE", 3)
    monkeypatch.setattr(payouts, "PART", 2)
    book.rows = {
        "payouts": [payout(number, 2000, days_ago=number) for number in range(1, 6)],
        "balance_transactions": [part(10 * n + i, 1000, n + 0.5, n) for n in range(1, 6) for i in range(2)],
    }
    rounds = []
    while payouts.mirror(at_once=4):
        rounds.append(sorted(Payout.objects.filter(listed=True).values_list("pk", flat=True)))
    assert rounds[0] == ["po_1", "po_2"]
    assert len(rounds) == 3
    assert PaidOut.objects.count() == 10


# --- The mirror beside a busy shop -----------------------------------------------------------------------------------


def busy(count: int) -> list[dict[str, Any]]:
    """A shop's movements, one a minute, the last one now."""
    now = int(time.time())
    return [movement(number, created=now - 60 * (count - number)) for number in range(1, count + 1)]


def test_a_busy_account_is_copied_slice_by_slice_without_a_hole(
    gift: Donation, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance_transactions, "SLICE", 50)
    book.rows["balance_transactions"] = busy(700)
    held = []
    add = balance_transactions._add
    monkeypatch.setattr(balance_transactions, "_add", lambda rows: held.append(len(rows)) or add(rows))
    assert balance_transactions.mirror() == 700
    assert max(held) <= 50, "no more than a slice is held at a time"


def test_a_round_stops_after_so_many_and_the_next_goes_on(
    gift: Donation, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance_transactions, "SLICE", 50)
    book.rows["balance_transactions"] = busy(700)
    rounds = []
    while added := balance_transactions.mirror(overlap=balance_transactions.LATE, at_most=200):
        rounds.append(added)
        copied = set(BalanceTransaction.objects.values_list("pk", flat=True))
        assert copied == {f"txn_{number}" for number in range(1, len(copied) + 1)}, "the oldest first, without a hole"
    assert sum(rounds) == 700
    assert all(200 <= added <= 250 for added in rounds[:-1])


def test_very_many_in_one_second_are_copied_too(
    gift: Donation, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance_transactions, "SLICE", 5)
    at = int(time.time()) - DAY
    book.rows["balance_transactions"] = [movement(number, created=at) for number in range(40)]
    assert balance_transactions.mirror() == 40
