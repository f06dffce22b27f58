"""One figure, one place: a month's gross, refunds, disputes, fees and net are the same wherever somebody reads them."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import pytest_django
import time_machine
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from desk.pages import dashboard, formatting
from donations.models import Donation, LedgerEntry
from donations.reporting import period_figures, reconciliation
from donations.reporting.export_formats import FORMATS
from donations.reporting.export_shape import Period
from donations.reporting.exports import EXPORTS
from donations.reporting.period_figures import Fees, Figures
from donations.stripe import balance_transactions, polling
from lib import money
from lib.web import kept_page
from sandbox.models import Record
from tests.desk.pages.test_dashboard import AT, give_back, mirrored, pay
from tests.donations.histories import BEGUN, client, live, stripe_in_process
from tests.donations.ledger.test_histories import deliver

Make = Callable[..., Donation]
MARCH = date(2026, 3, 1)
EXAMPLES = max(1, int(os.environ.get("HISTORIES", "60")) // 3)
Month = tuple[str, str]  # currency, and "2026-03"

generously = partial(
    settings, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def exported() -> dict[Month, dict[str, str]]:
    """The lines of the export of months."""
    text = b"".join(FORMATS["json"][1](EXPORTS["months"], Period()))
    return {(row["currency"], row["month"]): row for row in json.loads(text)["rows"]}


def at_stripe() -> dict[Month, int]:
    """What the stand-in's own book says that was kept in each month: read from its tables, by none of our code."""
    kept: Counter[Month] = Counter()
    for body in Record.objects.filter(kind="balance_transaction").values_list("body", flat=True):
        kept[body["currency"], f"{datetime.fromtimestamp(body['created'], UTC):%Y-%m}"] += body["fee"]
    return {month: fee for month, fee in kept.items() if fee}


def in_the_ledger() -> dict[Month, dict[str, int]]:
    """What moved by month, from the ledger's rows one by one."""
    found: dict[Month, Counter[str]] = {}
    for entry in LedgerEntry.objects.all():
        # A payment that failed after it had arrived went back as a refund does.
        refunds = {"refund": "refunds", "refund_failure": "refunds", "payment_failure": "refunds"}
        column = ({"payment": "gross"} | refunds).get(entry.kind, "disputes")
        sums = found.setdefault((entry.currency, f"{entry.happened_at:%Y-%m}"), Counter())
        sums[column] += entry.amount if column == "gross" else -entry.amount
    return {month: dict(sums) for month, sums in found.items()}


def reached_on_the_front_page() -> str:
    cache.clear()
    kept_page.forget()
    found = re.search(r'(?s)<tfoot>.*?<span class="counted">([^<]*)</span>', client().get("/").content.decode())
    return found[1] if found else money.figure(0, "usd")


class OneFigure(TestCase):
    databases = {"default", "sandbox"}

    @generously(max_examples=EXAMPLES)
    @given(st.data())
    def test_front_page_desk_export_and_reconciliation_say_the_same_of_every_month(self, data: st.DataObject) -> None:
        with stripe_in_process(), time_machine.travel(BEGUN, tick=False) as clock:
            history = live(data, clock)
            for event in history.events:
                deliver(event)
            history.wait(20 * 60)
            balance_transactions.mirror()
            cache.clear()
            kept_page.forget()
            rows = exported()
            with_bank = polling.still_with_bank(reconciliation.open_debits())
            assert reconciliation.reconcile(with_bank=with_bank).agree
            ledger, stripe = in_the_ledger(), at_stripe()
            assert rows.keys() >= ledger.keys() | stripe.keys()
            for (currency, month), row in rows.items():
                moved = ledger.get((currency, month), {})
                fee = stripe.get((currency, month), 0)
                net = moved.get("gross", 0) - moved.get("refunds", 0) - moved.get("disputes", 0) - fee
                for column in ("gross", "refunds", "disputes"):
                    assert row[column] == money.plain(moved.get(column, 0), currency)
                assert row["net"] == money.plain(net, currency)
                clock.move_to(datetime.strptime(f"{month}-27 12:00+0000", "%Y-%m-%d %H:%M%z"))
                with override_settings(DONATION_CURRENCY=currency):
                    assert reached_on_the_front_page() == money.figure(net, currency)
                    [book] = [book for book in dashboard.books() if book.currency == currency.upper()]
                assert book.months[-1].net == book.periods[0].net == formatting.amount(net, currency)
                assert book.months[-1].gross == formatting.amount(moved.get("gross", 0), currency)


@pytest.mark.django_db
def test_each_kind_of_fee_that_concerns_our_gifts_stands_on_a_row_of_its_own(make_donation: Make) -> None:
    pay(make_donation(created_at=AT))
    give_back(500)
    mirrored(1)
    mirrored(2, created_at=AT - timedelta(days=28), fee=30)  # in February
    ours = {"payment": "pi_1", "site": ""}  # known by its payment: these carry no mark
    mirrored(3, "adjustment", category="dispute", fee=1500, **ours)
    mirrored(4, "adjustment", category="dispute_reversal", fee=-500, **ours)
    mirrored(5, "refund", fee=20, **ours)
    mirrored(6, "adjustment", category="refund_failure", fee=-3, **ours)
    mirrored(7, "payment_failure_refund", category="charge_failure", fee=-8, **ours)
    mirrored(8, "a_new_word", fee=4, **ours)
    mirrored(9, "adjustment", category="dispute", payment="", source="ch_pi_1", site="", fee=1)
    mirrored(10, site="shop.example.org", fee=999)  # another seller's
    mirrored(11, "adjustment", payment="pi_shop", site="", fee=999)
    mirrored(12, currency="eur", fee=7)
    months = period_figures.by_month(date(2026, 2, 1), MARCH)
    fees = Fees(payments=80, refunds=17, disputes=1001, other=4)
    assert months["usd"][MARCH] == Figures(gifts=1, gross=2000, refunds=500, fees=fees)
    assert months["usd"][MARCH].net == 1500 - 1102
    assert months["usd"][date(2026, 2, 1)] == Figures(fees=Fees(payments=30))
    assert months["eur"] == {MARCH: Figures(fees=Fees(payments=7))}
    assert period_figures.summed(months["usd"], date(2026, 1, 1), MARCH).fees.payments == 110


@pytest.mark.django_db
def test_a_payment_of_ours_counts_also_when_the_site_had_another_address(make_donation: Make) -> None:
    pay(make_donation(created_at=AT))
    mirrored(1, site="old.example.org")
    assert period_figures.of_month(MARCH)["usd"].fees.payments == 88


@pytest.mark.django_db
def test_a_month_begins_by_the_sites_clock(settings: pytest_django.Settings) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    with timezone.override("Pacific/Auckland"):
        mirrored(1, created_at=datetime(2026, 2, 28, 12, tzinfo=UTC))  # the first of March in Auckland
        assert period_figures.of_month(MARCH)["usd"].fees.total == 88
        assert period_figures.of_month(date(2026, 2, 1)) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (None, None, ["2026-01", "2026-03"]),
        (date(2026, 3, 31), None, ["2026-03"]),
        (None, date(2026, 1, 1), ["2026-01"]),
        (date(2027, 1, 1), date(2027, 2, 1), []),
    ],
)
def test_the_export_of_months_has_each_month_of_which_a_day_is_chosen(
    make_donation: Make, first: date | None, last: date | None, months: list[str]
) -> None:
    pay(make_donation(created_at=AT))
    mirrored(1, created_at=AT - timedelta(days=60))
    period = Period(first, last)
    assert [row[0] for row in EXPORTS["months"].rows(period)] == months
    assert EXPORTS["months"].count(period) == len(months)


@pytest.mark.django_db
def test_nothing_at_all_has_no_months() -> None:
    assert period_figures.of_period(None, None) == {}


@pytest.mark.django_db
def test_payments_that_stripes_book_does_not_hold_yet_are_counted(make_donation: Make) -> None:
    pay(make_donation(created_at=AT))
    pay(make_donation(created_at=AT), intent="pi_2")
    pay(make_donation(created_at=AT, currency="eur"), intent="pi_3")
    pay(make_donation(created_at=AT), AT - timedelta(days=28), intent="pi_4")
    mirrored(1)
    assert period_figures.untold(MARCH, "usd") == 1
