"""The mirror of Stripe's book, and the reconciliation, against what the sandbox cannot be brought to do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations.domain.status import Status
from donations.jobs import scheduler
from donations.ledger import monthly_totals
from donations.management.since import since_date
from donations.models import BalanceTransaction, Chore, Donation, LedgerEntry, Total
from donations.reporting import reconciliation
from donations.reporting.reconciliation_result import ReconciliationResult
from donations.stripe import balance_transactions, client, events, parsing, polling
from donations.stripe.errors import StripeUnavailable
from tests.donations.stripe_book import HOUR, StripeBook, movement
from tests.donations.stripe_objects import charge, event, refund, session

pytestmark = pytest.mark.django_db
Make = Callable[..., Donation]


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> StripeBook:
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    return StripeBook(monkeypatch)


@pytest.fixture
def gift(make_donation: Make) -> Donation:
    """A gift that was paid an hour ago."""
    donation = make_donation(created_at=timezone.now() - timedelta(days=20))
    tell("checkout.session.completed", session(donation), at=time.time() - HOUR)
    return donation


def tell(kind: str, thing: dict[str, Any], at: float) -> None:
    events.receive(json.dumps(event(kind, thing, created=int(at))))


def whats(result: ReconciliationResult) -> list[str]:
    return sorted(str(each).partition(":")[0] for each in result.discrepancies)


# --- The mirror -------------------------------------------------------------------------------------------------------


def test_a_listing_that_breaks_off_leaves_no_hole(gift: Donation, book: StripeBook) -> None:
    now = int(time.time())
    book.rows["balance_transactions"] = [movement(number, created=now - number * HOUR) for number in range(240)]
    book.fails_after = 100
    with pytest.raises(StripeUnavailable):
        balance_transactions.mirror()
    book.fails_after = None
    balance_transactions.mirror()
    assert BalanceTransaction.objects.count() == 240


def test_a_process_that_dies_between_two_parts_leaves_no_hole(
    gift: Donation, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    book.rows["balance_transactions"] = [movement(number, created=now - number * HOUR) for number in range(240)]
    monkeypatch.setattr(balance_transactions, "PART", 50)
    parts = []
    add = balance_transactions._add

    def dies(rows: Any) -> int:
        parts.append(rows)
        if len(parts) == 3:
            raise SystemExit
        return add(rows)

    monkeypatch.setattr(balance_transactions, "_add", dies)
    with pytest.raises(SystemExit):
        balance_transactions.mirror()
    monkeypatch.setattr(balance_transactions, "_add", add)
    balance_transactions.mirror()
    assert BalanceTransaction.objects.count() == 240


def test_a_look_at_the_last_days_first_leaves_no_hole(gift: Donation, book: StripeBook) -> None:
    now = int(time.time())
    book.rows["balance_transactions"] = [movement(number, created=now - number * HOUR) for number in range(240)]
    balance_transactions.mirror(timezone.now() - timedelta(days=2))
    balance_transactions.mirror()
    assert BalanceTransaction.objects.count() == 240


def test_a_site_without_gifts_asks_for_nothing(db: None, book: StripeBook) -> None:
    assert balance_transactions.mirror() == 0
    assert book.since == []


def test_what_stripe_had_before_our_first_gift_is_not_asked_for(gift: Donation, book: StripeBook) -> None:
    balance_transactions.mirror()
    (since,) = book.since
    assert timedelta(days=19) < timezone.now() - since < timedelta(days=25)


def test_money_whose_event_was_lost_is_found_in_stripes_book_and_fetched(
    make_donation: Make, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    donation = make_donation()
    book.rows["balance_transactions"] = [movement(1, donation)]
    monkeypatch.setattr(client, "retrieve", lambda reference: charge(donation))
    assert scheduler._mirror() == "1 balance transactions added, 1 lost events made good"
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert reconciliation.reconcile().agree


# --- What the reconciliation sees -----------------------------------------------------------------------------------


def test_our_own_money_of_a_kind_that_we_do_not_know_is_a_difference(gift: Donation, book: StripeBook) -> None:
    back = {"type": "payment_failure_refund", "amount": -2000, "fee": 0, "net": -2000}
    book.rows["balance_transactions"] = [movement(1, gift), movement(2, gift, **back)]
    balance_transactions.mirror()
    assert whats(reconciliation.reconcile()) == ["missing here (payment_failure_refund)"]


def test_a_payment_that_stands_twice_in_stripes_book_is_a_difference(gift: Donation, book: StripeBook) -> None:
    book.rows["balance_transactions"] = [movement(1, gift), movement(2, gift)]
    balance_transactions.mirror()
    assert whats(reconciliation.reconcile()) == ["twice at Stripe (charge)"]


def test_payouts_and_bills_are_not_other_sellers_money(gift: Donation, book: StripeBook) -> None:
    book.rows["balance_transactions"] = [
        movement(1, gift),
        movement(2, amount=7700),
        movement(3, type="payout", amount=-5000, source={"id": "po_1", "object": "payout", "amount": 5000}),
        movement(4, type="stripe_fee", amount=-200, source=None),
    ]
    balance_transactions.mirror()
    verdict = reconciliation.reconcile()
    assert verdict.agree
    assert (dict(verdict.others), dict(verdict.besides)) == ({"usd": 7700}, {"usd": -5200})
    assert "Payouts and Stripe's own bills: -$52.00" in str(verdict)


def test_a_refund_that_was_booked_on_another_gift_is_a_difference(
    gift: Donation, make_donation: Make, book: StripeBook
) -> None:
    other = make_donation()
    tell("checkout.session.completed", session(other), at=time.time() - HOUR)
    LedgerEntry.objects.create(
        donation=other, kind="refund", source="re_1", amount=-500, currency="usd", happened_at=timezone.now()
    )
    source = refund(gift, amount=500) | {"id": "re_1"}
    book.rows["balance_transactions"] = [
        movement(1, gift), movement(2, other), movement(3, type="refund", amount=-500, source=source),
    ]  # fmt: skip
    balance_transactions.mirror()
    assert "another gift" in whats(reconciliation.reconcile())


def test_two_sides_on_either_side_of_the_periods_start_are_compared(gift: Donation, book: StripeBook) -> None:
    """A refund that was booked today and is in Stripe's book of two days ago, with another amount."""
    now = time.time()
    tell("refund.created", refund(gift, amount=500, created=int(now - HOUR)), at=now - HOUR)
    source = refund(gift, amount=700)
    earlier = movement(2, type="refund", amount=-700, net=-700, created=int(now - 48 * HOUR), source=source)
    book.rows["balance_transactions"] = [movement(1, gift), earlier]
    balance_transactions.mirror()
    assert whats(reconciliation.reconcile(timezone.now() - timedelta(days=1))) == ["amount"]


def test_a_row_of_the_future_is_not_too_young_for_ever(gift: Donation, book: StripeBook) -> None:
    LedgerEntry.objects.create(
        donation=gift, kind="payment", source="pi_invented", amount=1, currency="usd",
        happened_at=datetime(2099, 1, 1, tzinfo=UTC), recorded_at=timezone.now() - timedelta(days=9),
    )  # fmt: skip
    book.rows["balance_transactions"] = [movement(1, gift)]
    balance_transactions.mirror()
    assert "missing at Stripe (payment)" in whats(reconciliation.reconcile())


def test_a_cent_that_was_settled_to_nothing_keeps_its_direction(donation: Donation) -> None:
    source = refund(donation, amount=1)
    row = parsing.balance_transaction(movement(1, amount=0, type="refund", reporting_category="refund", source=source))
    assert row.gift_amount == -1


def test_the_proof_asks_no_question_for_every_stranger(gift: Donation, book: StripeBook) -> None:
    book.rows["balance_transactions"] = [movement(1, gift), *(movement(number) for number in range(2, 300))]
    balance_transactions.mirror()
    with CaptureQueriesContext(connection) as queries:
        assert reconciliation.reconcile().others["usd"] == 298 * 1000
    assert len(queries) < 20


def test_a_gift_that_arrives_during_the_proof_is_no_difference(
    gift: Donation, make_donation: Make, book: StripeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.rows["balance_transactions"] = [movement(1, gift)]
    balance_transactions.mirror()
    rebuilt, arrivals = monthly_totals.rebuilt, iter(range(2))

    def meanwhile() -> Any:
        if next(arrivals, None) is not None:
            tell("checkout.session.completed", session(make_donation()), at=time.time())
        return rebuilt()

    monkeypatch.setattr(monthly_totals, "rebuilt", meanwhile)
    assert "running total" not in whats(reconciliation.reconcile())


# --- Totals -----------------------------------------------------------------------------------------------------------


def test_totals_by_another_clock_are_put_right(make_donation: Make, settings: Any) -> None:
    at = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    donation = make_donation(created_at=at)
    tell("checkout.session.completed", session(donation), at=at.timestamp())
    settings.TIME_ZONE = "Europe/Berlin"
    assert monthly_totals.compare()
    assert monthly_totals.repair() == 2
    assert monthly_totals.compare() == {}
    assert {(total.month.month, total.raised) for total in Total.objects.all()} == {(10, 0), (11, 2000)}


# --- When things happened ---------------------------------------------------------------------------------------------


def test_a_refund_is_dated_when_it_was_made_not_when_we_heard_of_it(gift: Donation) -> None:
    made = datetime(2026, 11, 2, 8, tzinfo=UTC)
    told = parsing.update_of(refund(gift, created=int(made.timestamp())), at=timezone.now())
    assert told
    events.post(told)
    assert LedgerEntry.objects.get(kind="refund").happened_at == made


def test_a_payment_that_a_later_event_told_is_dated_when_it_was_made(donation: Donation) -> None:
    made, later = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 9, 20, tzinfo=UTC)
    tell("charge.refunded", charge(donation, created=int(made.timestamp())), at=later.timestamp())
    assert LedgerEntry.objects.get().happened_at == made


def test_a_look_is_not_newer_than_an_event_of_its_second() -> None:
    assert polling.fetch_time().microsecond == 0


# --- The daily proof --------------------------------------------------------------------------------------------------


def test_the_last_verdict_stays_when_stripe_does_not_answer(
    gift: Donation, book: StripeBook, caplog: pytest.LogCaptureFixture
) -> None:
    book.rows["balance_transactions"] = [movement(1, gift)]
    scheduler.run_due()
    told = Chore.objects.get(pk=scheduler.RECONCILE)
    assert told.result.startswith("acct_1: 1 rows compared")
    book.fails_after = 0
    Chore.objects.update(due_at=timezone.now())
    scheduler.run_due()
    again = Chore.objects.get(pk=scheduler.RECONCILE)
    assert (again.result, again.done_at) == (told.result, told.done_at)
    assert again.error.startswith("StripeUnavailable")


def test_books_that_do_not_agree_are_an_error_in_the_log(
    gift: Donation, book: StripeBook, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler._reconcile()
    assert "the books do not agree" in caplog.text


def test_a_day_that_is_still_to_come_is_refused() -> None:
    with pytest.raises(Exception, match="still to come"):
        since_date("2099-01-01")
