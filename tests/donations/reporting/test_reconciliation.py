"""Healing and proof, over the real SDK and the sandbox: whatever was missed, the books agree in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from desk.pages import ledger_rows
from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.jobs import scheduler
from donations.ledger import append_only, monthly_totals
from donations.models import (
    BalanceTransaction,
    Case,
    Chore,
    Donation,
    Flag,
    LedgerEntry,
    Receipt,
    StripeEvent,
    StripeRef,
    Total,
)
from donations.reporting import public_totals, reconciliation
from donations.reporting.reconciliation_result import DiscrepancyKind
from donations.stripe import balance_transactions, client, polling, retries
from donations.stripe.errors import Refused
from mail.models import Mail
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.stripe.test_polling import pay
from tests.donations.stripe_objects import event, session

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])


class Dashboard:
    """What the treasurer does at Stripe, through the stand-in's control calls. No event reaches the site here."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.ask("", delivery="lost")

    def ask(self, path: str, **fields: Any) -> Any:
        answer = requests.post(
            f"{self.address}/v1/test_helpers/sandbox{path}", fields, auth=("sk_test_sandbox", ""), timeout=20
        )
        answer.raise_for_status()
        return answer.json()

    def refund(self, donation: Donation, **fields: Any) -> Any:
        return self.ask("/refund", session=donation.session_id, **fields)


@pytest.fixture
def dashboard(stripe: str, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    return Dashboard(stripe)


def give(number: int, amount: int = 2000) -> Donation:
    donation = checkout.begin(Order(amount=amount, currency="usd"), f"donor {number}")
    pay(donation)
    return donation


def unlock(cursor: Any) -> None:
    """Only a hand with the database's own rights gets past the triggers; the tests need such damage."""
    for table, action in append_only.wanted("default"):
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {table}_no_{action}{on}")


def command(name: str, **options: Any) -> str:
    out = StringIO()
    call_command(name, stdout=out, **options)
    return out.getvalue()


def test_books_agree_after_reconcile_though_every_webhook_of_50_gifts_and_10_refunds_was_lost(
    dashboard: Dashboard,
) -> None:
    def one(number: int) -> Donation:
        try:
            return give(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        donations = list(pool.map(one, range(50)))
    for donation in donations[:10]:
        dashboard.refund(donation, amount=500)
    assert not LedgerEntry.objects.exists()

    told = command("reconcile")
    assert "60 ledger rows added" in told
    assert Donation.objects.filter(status=Status.PAID).count() == 40
    assert Donation.objects.filter(status=Status.PARTLY_REFUNDED).count() == 10
    assert "The books agree." in command("verify_books")
    kept = Chore.objects.get(pk=scheduler.RECONCILE)
    assert "60 rows compared, 0 too young, 0 differences" in kept.result
    account = {"account": "acct_1TheAccountOfSandbox", "former": []}
    assert kept.data == {"compared": 60, "young": 0, "discrepancies": [], **account}
    assert kept.done_at is not None
    assert public_totals.stats().raised == 50 * 2000 - 10 * 500
    assert Mail.objects.filter(kind="paid").count() == 50
    assert "0 ledger rows added" in command("reconcile"), "a second run finds nothing to mend"


def test_an_old_backup_is_brought_up_to_date(dashboard: Dashboard) -> None:
    kept, forgotten = give(1), give(2, amount=5000)
    command("reconcile")
    refund = dashboard.refund(forgotten)
    # The backup knows the first gift as open, and nothing at all of the second.
    uuid = forgotten.uuid
    with connection.cursor() as cursor:
        unlock(cursor)
        for model in (Receipt, LedgerEntry, BalanceTransaction, Total, Mail, Case, StripeRef, StripeEvent):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        cursor.execute("DELETE FROM donations_donation WHERE id = %s", [forgotten.pk])
    Donation.objects.filter(pk=kept.pk).update(status=Status.PENDING, checkout="open")
    StripeRef.objects.create(id=kept.session_id, donation=kept)

    told = command("reconcile")
    assert "1 gifts rebuilt, 1 changed" in told
    rebuilt = Donation.objects.get(uuid=uuid)
    assert (rebuilt.amount, rebuilt.status, rebuilt.public) == (5000, Status.REFUNDED, False)
    assert Flag.REBUILT in rebuilt.flags
    assert LedgerEntry.objects.get(kind="refund").source == refund["id"]
    assert "The books agree." in command("verify_books")


def test_the_first_receipt_names_the_card_fee(dashboard: Dashboard, mailoutbox: list[Any]) -> None:
    donation = give(1)
    Donation.objects.filter(pk=donation.pk).update(email="ada@example.org")
    polling.poll(donation)
    assert scheduler.send_emails() == 1
    assert "Card fee $0.88; $19.12 reached us." in mailoutbox[0].body


def test_a_receipt_does_not_wait_for_a_fee_that_stripe_does_not_tell(
    donation: Donation, faulty_stripe: FaultyStripe, post_event: Any, mailoutbox: list[Any]
) -> None:
    post_event(event("checkout.session.completed", session(donation)))
    faulty_stripe.mode = "reset"
    assert scheduler.send_emails() == 1
    assert "fee" not in mailoutbox[0].body


def test_the_fee_of_a_known_payment_is_not_asked_for_again(dashboard: Dashboard, monkeypatch: Any) -> None:
    give(1)
    command("reconcile")
    monkeypatch.setattr(balance_transactions, "mirror", lambda **_: pytest.fail("Stripe was asked"))
    balance_transactions.learn_fees(list(LedgerEntry.objects.values_list("source", flat=True)))


def test_disputes_and_failed_refunds_are_proved_too(dashboard: Dashboard) -> None:
    lost, won, returned = give(1), give(2), give(3)
    for donation in (lost, won):
        dispute = dashboard.ask("/dispute", session=donation.session_id, kind="chargeback")
        dashboard.ask("/dispute_move", dispute=dispute["id"], to="lost" if donation is lost else "won")
    refund = dashboard.refund(returned)
    dashboard.ask("/settle_refund", refund=refund["id"], outcome="fails")
    command("reconcile")
    for donation, status in ((lost, Status.LOST), (won, Status.PAID), (returned, Status.PAID)):
        donation.refresh_from_db()
        assert donation.status == status
    assert "The books agree." in command("verify_books")
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 4000


def by_bank(number: int, outcome: str = "settles") -> Donation:
    donation = checkout.begin(Order(amount=2000, currency="usd"), f"donor {number}")
    pay(donation, bank=outcome, email="ada@example.org")
    return donation


def test_a_bank_debit_on_its_way_is_nobodys_row_and_no_lost_event(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_bank(1), by_bank(2)
    assert "The books agree." in command("verify_books")
    assert not LedgerEntry.objects.exists()
    fetched = []
    retrieve = client.retrieve
    monkeypatch.setattr(client, "retrieve", lambda reference: fetched.append(reference) or retrieve(reference))
    for _ in range(3):
        assert scheduler._mirror() == "0 balance transactions added"
    assert len(fetched) == 2, "asked about again and again, every ten minutes"
    assert scheduler._reconcile().text.endswith("0 differences.")


def test_a_bank_debit_that_arrived_unheard_is_a_difference_and_made_good(dashboard: Dashboard) -> None:
    donation = by_bank(1)
    dashboard.ask("/settle", session=donation.session_id, outcome="settles")
    balance_transactions.mirror()
    with pytest.raises(SystemExit):
        command("verify_books")
    assert scheduler._mirror() == "0 balance transactions added, 1 lost events made good"
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert "The books agree." in command("verify_books")


@pytest.mark.parametrize("settlement", ["", "eur"])
def test_a_bank_debit_that_fails_before_it_arrives_comes_to_nothing(dashboard: Dashboard, settlement: str) -> None:
    dashboard.ask("", settlement=settlement, exchange_rate="0.9137")
    donation = by_bank(1)
    dashboard.ask("/settle", session=donation.session_id, outcome="fails")
    assert "The books agree." in command("verify_books")
    assert "0 ledger rows added" in command("reconcile")
    donation.refresh_from_db()
    assert donation.status == Status.FAILED
    assert scheduler._mirror() == "0 balance transactions added"
    assert "0 rows compared" in command("verify_books")


@pytest.mark.parametrize("settlement", ["", "eur"])
@pytest.mark.parametrize("by", ["reconcile", "mirror"])
def test_a_bank_debit_that_fails_after_it_was_booked_is_proved_too(
    dashboard: Dashboard, settlement: str, by: str
) -> None:
    dashboard.ask("", settlement=settlement, exchange_rate="0.9137")
    donation = by_bank(1)
    dashboard.ask("/settle", session=donation.session_id, outcome="settles")
    command("reconcile")
    dashboard.ask("/fail_payment", session=donation.session_id)
    with pytest.raises(SystemExit):
        command("verify_books")
    if by == "mirror":
        assert "1 lost events made good" in scheduler._mirror()
    else:
        assert "1 ledger rows added" in command("reconcile")
    donation.refresh_from_db()
    assert donation.status == Status.FAILED
    assert "2 rows compared, 0 too young, 0 differences" in command("verify_books")
    assert public_totals.stats().raised == 0


@pytest.mark.parametrize("settlement", ["", "eur"])
@pytest.mark.parametrize("outcome", ["fails", "fails_as_adjustment", "fails_as_payment_refund"])
@pytest.mark.parametrize("bank", [False, True])
def test_a_failed_refund_is_proved_in_whichever_shape_it_comes_back(
    dashboard: Dashboard, outcome: str, bank: bool, settlement: str
) -> None:
    dashboard.ask("", settlement=settlement, exchange_rate="0.9137")
    donation = by_bank(1) if bank else give(1)
    if bank:
        dashboard.ask("/settle", session=donation.session_id, outcome="settles")
    refund = dashboard.refund(donation, amount=333)
    assert refund["id"].startswith("pyr_" if bank else "re_")
    command("reconcile")
    dashboard.ask("/settle_refund", refund=refund["id"], outcome=outcome)
    if outcome == "fails":
        command("reconcile")
    else:
        assert "1 lost events made good" in scheduler._mirror()
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert "3 rows compared, 0 too young, 0 differences" in command("verify_books")
    assert all(row.booked for row in ledger_rows.for_donation(donation)), "the desk shows Stripe's row beside each"


def test_another_settlement_currency_is_proved_to_the_cent(dashboard: Dashboard) -> None:
    dashboard.ask("", settlement="eur", exchange_rate="0.9137")
    donation = give(1, amount=1999)
    dashboard.refund(donation, amount=333)
    command("reconcile")
    assert set(BalanceTransaction.objects.values_list("currency", flat=True)) == {"eur"}
    assert "The books agree." in command("verify_books")


def test_another_sellers_money_is_one_line_and_no_difference(dashboard: Dashboard) -> None:
    give(1)
    dashboard.ask("/stranger", amount=7700)
    command("reconcile")
    told = command("verify_books")
    assert "Not ours, on the same account: $77.00" in told
    assert "The books agree." in told
    assert LedgerEntry.objects.count() == 1


def test_what_is_missing_here_or_there_or_differs_is_told(dashboard: Dashboard) -> None:
    give(1), give(2)
    command("reconcile")
    first, second = LedgerEntry.objects.order_by("id")
    with connection.cursor() as cursor:
        unlock(cursor)
        cursor.execute("UPDATE donations_ledgerentry SET amount = 1999 WHERE id = %s", [first.pk])
        cursor.execute("DELETE FROM donations_receipt WHERE entry_id = %s", [second.pk])
        cursor.execute("DELETE FROM donations_ledgerentry WHERE id = %s", [second.pk])
        cursor.execute(
            "INSERT INTO donations_ledgerentry (donation_id, kind, source, amount, currency, happened_at, recorded_at)"
            " SELECT donation_id, 'refund', 're_invented', -5, 'usd', happened_at, recorded_at"
            " FROM donations_ledgerentry WHERE id = %s",
            [first.pk],
        )
    with pytest.raises(SystemExit) as end:
        command("verify_books")
    assert end.value.code == 1
    told = {(each.kind, each.of, each.reference) for each in reconciliation.reconcile().discrepancies}
    assert (DiscrepancyKind.AMOUNT, "", first.source) in told
    assert (DiscrepancyKind.MISSING_AT_STRIPE, "refund", "re_invented") in told
    assert any((kind, of) == (DiscrepancyKind.MISSING_HERE, "charge") for kind, of, _ in told)
    assert any(kind is DiscrepancyKind.MONTHLY_TOTAL for kind, _, _ in told)


def test_totals_are_what_the_ledger_says(dashboard: Dashboard) -> None:
    for number in range(3):
        give(number)
    command("reconcile")
    assert monthly_totals.compare() == {}
    assert sum(sums[0] for sums in monthly_totals.rebuilt().values()) == 3 * 2000


def test_without_an_answer_nothing_is_claimed(faulty_stripe: FaultyStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSES", (0.0, 0.0))
    give_in_vain = Donation.objects.create(amount=1, currency="usd", expires_at=timezone.now())
    assert give_in_vain.pk, "with no gift at all there would be nothing to ask"
    faulty_stripe.mode = "reset"
    for name in ("reconcile", "verify_books"):
        with pytest.raises(CommandError, match="did not answer"):
            command(name)


def test_a_refusal_is_no_silence_and_leads_to_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise Refused(403, "more_permissions_required", "The key lacks a permission.")

    monkeypatch.setattr(balance_transactions, "mirror", refused)
    for name in ("reconcile", "verify_books"):
        with pytest.raises(CommandError, match=r"^Stripe refused \(403 more_permissions_required.*stripe_check"):
            command(name)


def test_a_day_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="2026-01-31"):
        call_command("reconcile", "--since=yesterday")
