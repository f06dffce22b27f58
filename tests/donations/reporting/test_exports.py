"""What is taken out of the books opens in a spreadsheet, harms nobody, and adds up."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Sum
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from donations.domain.updates import Payment, Refund, RefundStatus, StripeUpdate
from donations.jobs import scheduler
from donations.ledger import posting
from donations.models import BalanceTransaction, Donation, LedgerEntry, PaidOut, Payout, Subscription
from donations.reporting.export_formats import FORMATS
from donations.reporting.export_shape import Period
from donations.reporting.exports import EXPORTS
from donations.stripe import payouts
from lib import money
from lib.csv_safety import harmless
from tests.donations.reporting.test_reconciliation import Dashboard, command, give

Make = Callable[..., Donation]
ALL = Period()


def exported(what: str, period: Period = ALL) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The rows of a CSV, and its lines of totals."""
    data = b"".join(FORMATS["csv"][1](EXPORTS[what], period)).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(data, newline="")))
    first = EXPORTS[what].columns[0]
    totals = [line for line in lines if line[first].startswith("total of")]
    return [line for line in lines if line not in totals], totals


def european(what: str, period: Period = ALL) -> list[dict[str, str]]:
    """Every line of the European CSV."""
    data = b"".join(FORMATS["csv-european"].write(EXPORTS[what], period)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(data, newline=""), delimiter=";"))


def as_json(what: str, period: Period = ALL) -> Any:
    return json.loads(b"".join(FORMATS["json"][1](EXPORTS[what], period)))


def pay(donation: Donation, amount: int = 0, at: datetime | None = None) -> None:
    intent = f"pi_{donation.uuid.hex}"
    payment = Payment(intent, amount or donation.amount, donation.currency)
    posting.post(StripeUpdate(at=at or timezone.now(), donation=donation.uuid, refs=(intent,), change=payment))


def refund(donation: Donation, amount: int) -> None:
    refs = (f"re_{donation.uuid.hex}", f"pi_{donation.uuid.hex}")
    made = Refund(
        refs[0], timezone.now(), amount, donation.currency, RefundStatus.SUCCEEDED, debited=True, credited=False
    )
    posting.post(StripeUpdate(at=timezone.now(), refs=refs, change=made))


@pytest.fixture
def books(make_donation: Make) -> list[Donation]:
    gifts = [make_donation(amount=1000 + number, email=f"d{number % 3}@example.org") for number in range(7)]
    gifts += [make_donation(amount=500, currency="jpy", email="D0@example.org"), make_donation(amount=700)]
    for gift in gifts:
        pay(gift)
    refund(gifts[0], 300)
    make_donation(amount=999, email="never@example.org")
    return gifts


def of_the_ledger() -> dict[str, Decimal]:
    sums = LedgerEntry.objects.order_by().values_list("currency").annotate(Sum("amount"))
    return {currency: money.major(amount, currency) for currency, amount in sums}


@pytest.mark.parametrize(("what", "column"), [("donations", "kept"), ("ledger", "amount"), ("donors", "kept")])
def test_every_export_adds_up_to_the_ledger(books: list[Donation], what: str, column: str) -> None:
    rows, totals = exported(what)
    assert {line["currency"]: Decimal(line[column]) for line in totals} == of_the_ledger()
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row[column])
    assert sums == of_the_ledger()
    assert len(rows) == EXPORTS[what].count(ALL)
    assert next(iter(totals[0].values())) == f"total of {len(rows)} rows"
    told = as_json(what)
    assert told["count"] == len(told["rows"]) == len(rows)
    assert {currency: Decimal(sums[column]) for currency, sums in told["totals"].items()} == of_the_ledger()


def test_a_gift_tells_what_became_of_it_and_one_that_never_arrived_is_left_out(books: list[Donation]) -> None:
    rows, _ = exported("donations")
    first = rows[0]
    assert (first["status"], first["paid"], first["refunded"], first["kept"]) == (
        "partly_refunded", "10.00", "-3.00", "7.00",
    )  # fmt: skip
    assert first["payment"] == f"pi_{books[0].uuid.hex}"
    assert not any(row["email"] == "never@example.org" for row in rows)


def test_a_donor_is_one_line_however_the_address_was_typed(books: list[Donation]) -> None:
    rows, _ = exported("donors")
    lines = {(row["email"], row["currency"]): (row["gifts"], row["given"], row["returned"]) for row in rows}
    assert lines["d0@example.org", "usd"] == ("3", "30.09", "-3.00")
    assert lines["d0@example.org", "jpy"] == ("1", "500", "0")
    assert lines["", "usd"] == ("1", "7.00", "0.00")


def test_a_period_has_both_its_days_by_the_sites_clock(make_donation: Make, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    for hour in (14, 15):  # 15:00 in London is the next day's midnight in Tokyo
        at = datetime(2026, 3, 1, hour, tzinfo=UTC)
        pay(make_donation(amount=hour, created_at=at), at=at)
    first, second = (Period(day, day) for day in (date(2026, 3, 1), date(2026, 3, 2)))
    for what in ("donations", "ledger", "donors"):
        kept = EXPORTS[what].amounts[-1] if what != "donations" else "kept"
        assert [row[kept] for row in exported(what, first)[0]] == ["0.14"]
        assert [row[kept] for row in exported(what, second)[0]] == ["0.15"]
        assert EXPORTS[what].count(first) == 1


def test_a_gift_stands_in_the_period_in_which_it_arrived_not_in_which_it_was_begun(make_donation: Make) -> None:
    landed = datetime(2026, 11, 3, 12, tzinfo=UTC)
    pay(make_donation(created_at=datetime(2026, 10, 30, 12, tzinfo=UTC)), at=landed)
    assert exported("donations", Period(last=date(2026, 10, 31)))[0] == []
    [row] = exported("donations", Period(first=date(2026, 11, 1)))[0]
    assert row["date"].startswith("2026-11-03")


@pytest.mark.django_db
def test_an_empty_export_says_that_it_is_whole() -> None:
    assert exported("donations") == (
        [],
        [{"gift": "total of 0 rows"} | dict.fromkeys(EXPORTS["donations"].columns[1:])],
    )
    assert as_json("donations")["count"] == 0


@pytest.mark.django_db
def test_no_text_of_a_donor_becomes_a_formula(make_donation: Make) -> None:
    evil = ["=1+1", "＝1+1", "\n=1", "\t@x", "thanks;-1"]
    for text in evil:
        pay(make_donation(name=text, message=text))
    rows, _ = exported("donations")
    assert [row["name"] for row in rows] == [row["message"] for row in rows] == [harmless(text) for text in evil]


@settings(deadline=None, max_examples=20)
@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
@pytest.mark.django_db
def test_a_name_of_any_alphabet_comes_out_as_it_went_in(name: str) -> None:
    gift = Donation.objects.create(amount=100, currency="usd", name=name, expires_at=timezone.now())
    pay(gift)
    row = next(row for row in exported("donations")[0] if row["gift"] == str(gift.pk))
    assert row["name"] == harmless(name)
    assert next(row for row in as_json("donations")["rows"] if row["gift"] == gift.pk)["name"] == name


def test_minus_amounts_stay_numbers_and_excel_is_told_that_it_is_utf_8(books: list[Donation]) -> None:
    data = b"".join(FORMATS["csv"][1](EXPORTS["ledger"], ALL))
    assert data.startswith(b"\xef\xbb\xbf")
    assert b",-3.00," in data
    assert data.count(b"\r\n") == data.count(b"\n")


@pytest.mark.django_db
def test_who_left_no_name_is_exported_by_the_one_typed_at_stripe() -> None:
    until = timezone.now()
    pay(Donation.objects.create(amount=100, currency="usd", email="a@b.c", payer_name="Ada L.", expires_at=until))
    assert exported("donors")[0][0]["name"] == "Ada L."
    row = exported("donations")[0][0]
    assert (row["name"], row["name_at_stripe"]) == ("", "Ada L.")


@pytest.mark.django_db
@pytest.mark.parametrize("what", EXPORTS)
def test_the_european_file_has_the_same_cells_with_decimal_commas(books: list[Donation], what: str) -> None:
    amounts = EXPORTS[what].amounts
    rows, totals = exported(what)
    lines = european(what)
    assert [
        {name: cell.replace(",", ".") if name in amounts else cell for name, cell in line.items() if cell}
        for line in lines
    ] == [{name: cell for name, cell in line.items() if cell} for line in (*rows, *totals)]
    assert not any("." in line[name] for line in lines for name in amounts if line[name])


# --- Accounting ---


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_the_accounting_export_adds_up_to_every_payout(stripe: str) -> None:
    dashboard = Dashboard(stripe)
    gifts = [give(number, 1000 + number) for number in range(4)]
    dashboard.refund(gifts[0], amount=400)
    dashboard.ask("/payout")
    give(9)
    dashboard.ask("/stranger", amount=7700)
    dashboard.ask("/stripe_fee", amount=55)
    dashboard.ask("/payout", minimum=300)
    give(10)
    command("reconcile")
    assert payouts.mirror() == 2
    assert payouts.mirror() == 0, "each is listed once"
    rows, _ = exported("accounting")
    for payout in Payout.objects.all():
        carried = [row for row in rows if row["payout"] == payout.pk]
        parts = sum(Decimal(row["net"]) for row in carried if row["type"] != "payout")
        assert parts == money.major(payout.amount, payout.currency)
        assert sum(Decimal(row["net"]) for row in carried) == 0
        for row in carried:
            assert Decimal(row["gross"]) - Decimal(row["fee"]) == Decimal(row["net"])
            assert row["payout_date"]
    assert [row["net"] for row in rows if not row["payout"]] == ["19.12"], "the last gift waits for a payout"
    assert {row["ours"] for row in rows if row["type"] == "charge"} == {"yes", "no"}
    assert all(one.agrees for one in payouts.checked(None, None, 10))
    gift = Donation.objects.get(pk=gifts[0].pk)
    assert {row["type"] for row in rows if row["gift"] == str(gift.pk)} == {"charge", "refund"}


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_payouts_are_copied_by_the_clock(stripe: str) -> None:
    dashboard = Dashboard(stripe)
    give(1)
    dashboard.ask("/payout")
    scheduler.run_due()
    assert PaidOut.objects.count() == 2
    assert Payout.objects.get().listed


# --- The page ---


@pytest.fixture
def treasurer(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    return client


PAGE = "/admin/donations/donation/export/"


def test_the_page_counts_before_and_the_file_is_a_stream(treasurer: Client, books: list[Donation]) -> None:
    asked = {"what": "ledger", "first": "", "last": ""}
    assert "10 rows" in treasurer.get(PAGE, asked).content.decode()
    answer = treasurer.post(PAGE, asked | {"format": "csv"})
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="tincup-ledger.csv"'
    assert "no-store" in answer["Cache-Control"]
    assert answer.getvalue().decode("utf-8-sig").startswith("entry,happened,")
    assert LogEntry.objects.get().change_message == "Exported ledger, from the beginning until now, as CSV."


def test_the_european_file_has_a_name_of_its_own(treasurer: Client, books: list[Donation]) -> None:
    asked = {"what": "ledger", "first": "", "last": "", "format": "csv-european"}
    assert 'value="csv-european"' in treasurer.get(PAGE, asked).content.decode()
    answer = treasurer.post(PAGE, asked)
    assert answer["Content-Disposition"] == 'attachment; filename="tincup-ledger-european.csv"'
    assert answer.getvalue().decode("utf-8-sig").startswith("entry;happened;")
    assert LogEntry.objects.get().change_message == "Exported ledger, from the beginning until now, as CSV-EUROPEAN."


def test_a_quick_range_fills_in_the_days_and_counts(treasurer: Client, books: list[Donation]) -> None:
    today = timezone.localdate()
    context = treasurer.get(PAGE, {"what": "ledger", "first": "", "last": "", "range": "this-year"}).context
    chosen = {"what": "ledger", "first": f"{today.year}-01-01", "last": f"{today}"}
    assert context["chosen"] == chosen
    assert context["rows"] is not None


def test_days_the_wrong_way_round_are_told(treasurer: Client, db: None) -> None:
    asked = {"what": "ledger", "first": "2026-02-01", "last": "2026-01-01", "format": "csv"}
    assert "before the first one" in treasurer.post(PAGE, asked).content.decode()


def test_whoever_may_not_export_gets_nothing(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("sam@example.org", "x", is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"what": "donors", "format": "json"}).status_code == 403


def test_the_accounting_page_shows_whether_payouts_add_up(treasurer: Client) -> None:
    at = timezone.now() - timedelta(days=1)
    payout = Payout.objects.create(
        pk="po_1", amount=970, currency="usd", status="paid", created_at=at, arrival_at=at, known=True, listed=True
    )
    BalanceTransaction.objects.create(
        pk="txn_1", type="charge", amount=1000, fee=30, net=970, currency="usd", created_at=at, source="ch_1"
    )
    PaidOut.objects.create(transaction="txn_1", payout=payout)
    assert "add up to the same" in treasurer.get(PAGE, {"what": "accounting"}).content.decode()
    Payout.objects.update(amount=971)
    assert "come to $9.70" in treasurer.get(PAGE, {"what": "accounting"}).content.decode()


def test_a_gift_that_comes_again_says_so_and_stands_in_an_export_of_its_own(make_donation: Make) -> None:
    once = make_donation()
    pay(once)
    monthly = make_donation(frequency="monthly", name="Ada", email="ada@example.org")
    one = Subscription.objects.create(
        uuid=monthly.uuid, stripe_id="sub_1", amount=2000, currency="usd", created_at=timezone.now(), status="active"
    )
    Subscription.objects.create(stripe_id="sub_2", amount=1, currency="usd", created_at=one.created_at)
    Donation.objects.filter(pk=monthly.pk).update(subscription=one)
    pay(monthly)
    for what in ("donations", "ledger"):
        rows = exported(what)[0]
        assert [(row["frequency"], row["subscription"]) for row in rows] == [("once", ""), ("monthly", "sub_1")]
    [row], [total] = exported("subscriptions")
    assert (row["subscription"], row["frequency"], row["amount"], row["kept"]) == ("sub_1", "monthly", "20.00", "20.00")
    assert (row["name"], row["email"], row["status"]) == ("Ada", "ada@example.org", "active")
    assert total["subscription"] == "total of 1 rows", "one that never began is none"
