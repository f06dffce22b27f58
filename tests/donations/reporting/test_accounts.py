"""Another Stripe account's key in the middle of a month: what the earlier account moved stays right, and is proved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client

from desk.pages import dashboard, reconciliation_status
from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.jobs import scheduler
from donations.ledger import accounts, append_only
from donations.models import BalanceTransaction, Donation, LedgerEntry, Payout, StripeKey
from donations.reporting import export_shape, exports, period_figures, public_totals, reconciliation
from donations.reporting.reconciliation_result import ReconciliationResult
from donations.stripe import balance_transactions, client, events, payouts, polling, refundable, resync
from donations.stripe.account import present
from sandbox.core import store
from sandbox.engine import bank_payments, card_payments, disputes, refunds, test_cards
from sandbox.engine import payouts as stripe_payouts
from sandbox.models import Behaviour, Event
from tests.donations import histories

pytestmark = pytest.mark.django_db(databases=["default", "sandbox"])

FIRST, SECOND = "sk_test_sandbox", "sk_test_at_Second_key1"
OCTOBER = date(2026, 10, 1)


class Month:
    """October at two accounts. No event reaches the site by itself."""

    def __init__(self, clock: time_machine.Traveller, settings: Any) -> None:
        self.clock, self.settings = clock, settings

    def use(self, key: str) -> None:
        self.settings.STRIPE_SECRET_KEY = key
        self.clock.shift(timedelta(days=2))

    def begin(self, number: int) -> Donation:
        self.clock.shift(timedelta(hours=1))
        return checkout.begin(Order(amount=2000, currency="usd"), f"donor {number}")

    def give(self, number: int) -> Donation:
        donation = self.begin(number)
        visa = test_cards.lookup(histories.PLAIN)
        card_payments.pay(donation.session_id, visa, card_payments.Expiry(12, 2040), histories.ADA)
        polling.poll(donation)
        assert donation.status == Status.PAID
        return donation

    def charge(self, donation: Donation) -> str:
        found = store.charge_of(store.get("checkout.session", donation.session_id).payment_intent)
        assert found
        return found.stripe_id

    def prove(self) -> ReconciliationResult:
        self.clock.shift(timedelta(hours=1))
        result = scheduler._reconcile()
        scheduler.store_result(scheduler.RECONCILE, result)
        return reconciliation.reconcile(with_bank=polling.still_with_bank(reconciliation.open_debits()))


@pytest.fixture
def month(settings: Any) -> Iterator[Month]:
    settings.STRIPE_SECRET_KEY = FIRST
    with time_machine.travel(datetime(2026, 10, 3, tzinfo=UTC), tick=False) as clock, histories.stripe_in_process():
        yield Month(clock, settings)


@pytest.fixture
def switched(month: Month) -> Month:
    """Three gifts to the first account, one refunded in part and one still with the bank; one to the second."""
    month.give(1)
    refunds.create(month.charge(month.give(2)), 500)
    bank_payments.pay(month.begin(3).session_id, "settles", histories.ADA)
    resync.run(datetime(2026, 10, 1, tzinfo=UTC))
    month.prove()
    month.use(SECOND)
    month.give(4)
    return month


def by_hand(statement: str, value: str) -> None:
    """Past the guards of what only grows."""
    append_only.drop()
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
    append_only.make()


def gift(number: int) -> Donation:
    return Donation.objects.order_by("pk")[number - 1]


def test_each_accounts_rows_are_proved_against_its_own_book(switched: Month) -> None:
    result = switched.prove()
    assert result.agree
    assert (result.account, result.compared, result.young) == ("acct_1SecondSandbox", 1, 0)
    (former,) = result.former
    assert (former.account, former.compared, former.unproved) == ("acct_1TheAccountOfSandbox", 3, 1)


def test_every_figure_of_the_month_holds_both(switched: Month) -> None:
    switched.prove()
    cache.clear()
    found = period_figures.of_month(OCTOBER)["usd"]
    # The fee of the debit that is still with the bank stands in Stripe's book from its submission.
    assert (found.gifts, found.gross, found.refunds, found.fees.total) == (3, 6000, 500, 4 * 88)
    assert (public_totals.stats().raised, public_totals.stats().donations) == (5500, 3)
    assert [book.periods[0].net for book in dashboard.books()] == ["$51.48"]
    page = Client().get("/").content.decode()
    assert "51.48" in page
    assert "in pencil until Stripe tells us" not in page
    kept = [dict(zip(exports.EXPORTS["donations"].columns, row, strict=True))["kept"]
            for row in exports.EXPORTS["donations"].rows(export_shape.Period())]  # fmt: skip
    assert sum(kept) == 5500


def test_the_desk_says_which_account_each_proof_is_of(switched: Month, admin_client: Client) -> None:
    switched.prove()
    assert reconciliation_status.latest().agree
    page = " ".join(admin_client.get("/admin/").content.decode().split())
    assert "Stripe account acct_1SecondSandbox: 1 row compared." in page
    assert "Former account acct_1TheAccountOfSandbox: 3 rows compared with its book as of" in page
    assert "1 row came later, and only that account’s key could prove it." in page


def test_the_old_accounts_gift_is_not_refunded_here(switched: Month) -> None:
    with pytest.raises(refundable.InAnotherAccount):
        refundable.refresh(gift(1))


def test_what_the_old_account_still_tells_is_booked_and_no_difference(switched: Month) -> None:
    seen = set(Event.objects.values_list("pk", flat=True))
    disputes.open(switched.charge(gift(1)), "chargeback", amount=2000)
    switched.clock.shift(timedelta(hours=1))
    for told in Event.objects.exclude(pk__in=seen).order_by("number"):
        events.receive(json.dumps(told.body))
    assert gift(1).status == Status.DISPUTED
    result = switched.prove()
    assert result.agree
    assert [(each.compared, each.unproved) for each in result.former] == [(3, 2)]


def test_payouts_of_the_old_account_are_not_asked_of_the_new_one(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    month.give(1)
    month.clock.shift(timedelta(days=5))
    stripe_payouts.create_all()
    for thing in client.listed("payouts"):
        payouts.add(thing)
    month.use(SECOND)
    month.give(2)
    assert payouts.mirror() == 0
    month.use(FIRST)
    assert payouts.mirror() == 1
    assert Payout.objects.get().listed


def test_with_the_old_key_again_what_happened_meanwhile_is_proved(switched: Month) -> None:
    switched.prove()
    switched.settings.STRIPE_SECRET_KEY = FIRST
    resync.run(datetime(2026, 10, 1, tzinfo=UTC))
    refunds.create(switched.charge(gift(1)), 700)
    switched.use(FIRST)
    resync.run(datetime(2026, 10, 1, tzinfo=UTC))
    result = switched.prove()
    assert result.agree
    assert (result.account, result.compared) == ("acct_1TheAccountOfSandbox", 4)
    assert [(each.account, each.compared, each.unproved) for each in result.former] == [("acct_1SecondSandbox", 1, 0)]


def test_a_missing_row_of_the_present_account_is_a_difference_still(switched: Month) -> None:
    switched.prove()
    lost = BalanceTransaction.objects.filter(payment=LedgerEntry.objects.get(donation=gift(4)).source)
    by_hand("DELETE FROM donations_balancetransaction WHERE id = %s", lost.get().pk)
    result = reconciliation.reconcile()
    assert [each.kind.value for each in result.discrepancies] == ["missing at Stripe"]


# --- Which keys open one account --------------------------------------------------------------------------------------


def restricted(key: str, missing: str) -> Callable[[Month], None]:
    def use(month: Month) -> None:
        Behaviour.objects.update_or_create(id=1, defaults={"missing_permissions": missing})
        month.use(key)

    return use


@pytest.mark.parametrize(
    "use",
    [
        lambda month: month.use("sk_test_anothersecret"),
        restricted("rk_test_restricted", ""),
        restricted("rk_test_restricted", "accounts_kyc_basic_read"),
    ],
    ids=["another secret", "a restricted key", "one that may not read its account"],
)
def test_another_key_of_the_same_account_proves_all_of_it(month: Month, use: Callable[[Month], None]) -> None:
    month.give(1)
    month.prove()
    use(month)
    month.give(2)
    result = month.prove()
    assert (result.agree, result.account, result.compared) == (True, "acct_1TheAccountOfSandbox", 2)
    assert result.former == []


def test_keys_that_may_not_read_their_accounts_are_told_apart_by_a_payment(month: Month) -> None:
    restricted("rk_test_first", "accounts_kyc_basic_read")(month)
    month.give(1)
    month.prove()
    month.use("rk_test_at_Second")
    month.give(2)
    result = month.prove()
    assert (result.agree, result.compared, len(result.former)) == (True, 1, 1)
    assert result.account.startswith(StripeKey.UNNAMED)
    month.use(FIRST)
    assert month.prove().account == "acct_1TheAccountOfSandbox", "a key that may read it gives it its name"


@pytest.mark.parametrize(("key", "compared", "former"), [(FIRST, 2, 0), (SECOND, 1, 1)])
def test_what_is_older_than_marks_goes_to_the_account_that_holds_it(
    month: Month, key: str, compared: int, former: int
) -> None:
    month.give(1)
    balance_transactions.mirror()
    StripeKey.objects.all().delete()
    Donation.objects.update(stripe_key=accounts.BEFORE)
    by_hand("UPDATE donations_balancetransaction SET stripe_key = %s", accounts.BEFORE)
    month.use(key)
    month.give(2)
    present.learn()
    result = month.prove()
    assert (result.agree, result.compared, len(result.former)) == (True, compared, former)
