"""What the treasurer's desk finds, tells and adds up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_django
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from desk.pages import (
    case_words,
    chart,
    dashboard,
    dispute_page,
    formatting,
    ledger_rows,
    reconciliation_status,
    search,
    tasks,
    timeline,
)
from donations.domain.updates import (
    Checkout,
    Dispute,
    DisputeStatus,
    Movement,
    Payment,
    Refund,
    RefundStatus,
    StripeUpdate,
)
from donations.jobs import scheduler
from donations.jobs.registry import Result
from donations.ledger import posting
from donations.models import (
    BalanceTransaction,
    Case,
    Chore,
    Donation,
    ReceiptCounter,
    RefundRequest,
    StripeEvent,
    Total,
)
from donations.shield import declines
from lib.dates import months_before
from mail.models import Mail
from organisation.models import Organisation
from tests.donations.reconciled import reconciled
from tests.donations.stripe_objects import event, session, text

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
Make = Callable[..., Donation]


def pay(donation: Donation, at: datetime = AT, intent: str = "pi_1") -> None:
    refs = (intent, f"cs_{intent}", f"ch_{intent}")
    payment = Payment(intent, donation.amount, donation.currency)
    posting.post(StripeUpdate(at=at, donation=donation.uuid, refs=refs, change=payment, checkout=Checkout.COMPLETE))


def give_back(amount: int, at: datetime = AT, status: RefundStatus = RefundStatus.SUCCEEDED) -> None:
    refund = Refund("re_1", at, amount, "usd", status, status is RefundStatus.SUCCEEDED, False, "tess@example.org")
    posting.post(StripeUpdate(at=at, refs=("re_1", "pi_1"), change=refund))


def dispute(status: DisputeStatus, deadline: datetime | None = None, *movements: Movement) -> None:
    found = Dispute("dp_1", 2000, "usd", status, deadline, movements, "fraudulent")
    posting.post(StripeUpdate(at=AT + timedelta(days=2), refs=("dp_1", "pi_1"), change=found))


def mirrored(number: int, kind: str = "charge", **fields: Any) -> BalanceTransaction:
    values = {
        "id": f"txn_{number}", "type": kind, "category": kind, "source": f"ch_{number}", "payment": f"pi_{number}",
        "site": "localhost", "amount": 2000, "fee": 88, "net": 1912, "currency": "usd", "created_at": AT,
    }  # fmt: skip
    return BalanceTransaction.objects.create(**values | fields)


# --- Finding ---


def found(query: str) -> set[int]:
    return set(search.find(Donation.objects.all(), query).values_list("pk", flat=True))


def test_a_gift_is_found_by_number_name_address_and_every_id_of_stripes(make_donation: Make) -> None:
    ada = make_donation(name="Ada Lovelace", email="ada@example.org")
    make_donation(name="Grace Hopper", email="grace@example.org")
    pay(ada)
    dispute(DisputeStatus.NEEDS_RESPONSE, None, Movement("txn_d", -2000, "usd", AT))
    mirrored(1)
    completed = event("checkout.session.completed", session(ada, id="cs_pi_1"))
    StripeEvent.objects.create(id="evt_7", type=completed["type"], state="handled", body=text(completed))
    for query in (
        *(f"{ada.pk}", f"#{ada.pk}", "ada", "love ada", "ADA@example", str(ada.uuid)),
        *("pi_1", "cs_pi_1", "ch_pi_1", "dp_1", "txn_d", "txn_1", "evt_7"),
    ):
        assert found(query) == {ada.pk}, query


def test_a_gift_is_found_by_the_number_of_its_receipt(make_donation: Make) -> None:
    ada, grace = make_donation(), make_donation()
    ReceiptCounter.objects.update_or_create(pk=1, defaults={"last": 10**9})
    pay(grace)
    assert found(f"{10**9 + 1}") == {grace.pk}
    assert found(f"#{ada.pk}") == {ada.pk}


def test_what_is_nowhere_finds_nothing(make_donation: Make) -> None:
    make_donation(name="Ada")
    for query in ("pi_2", "Ada Grace", "9" * 18, "9" * 40, "evt_9", "txn_9"):
        assert found(query) == set(), query


def test_a_name_that_looks_like_an_id_is_still_found(make_donation: Make) -> None:
    ada = make_donation(name="ada_l")
    assert found("ada_l") == {ada.pk}


# --- Telling ---


def told(donation: Donation) -> list[str]:
    return [moment.what for moment in timeline.of(donation)]


def test_the_timeline_tells_what_happened_in_order(make_donation: Make) -> None:
    gift = make_donation(created_at=AT - timedelta(minutes=5))
    pay(gift)
    give_back(500, AT + timedelta(days=1))
    Mail.objects.filter(kind="paid").update(state="sent", sent_at=AT + timedelta(minutes=1), next_at=None)
    Mail.objects.filter(kind="refunded").update(created_at=AT + timedelta(days=2))
    dispute(DisputeStatus.NEEDS_RESPONSE, None, Movement("txn_d", -2000, "usd", AT + timedelta(days=3)))
    assert told(gift) == [
        "The donor chose $20.00",
        "$20.00 arrived",
        "Receipt: sent",
        "$5.00 went back to the donor",
        "Refund of $5.00 asked for",
        "Dispute about $20.00 opened",
        "E-mail about the refund: waiting",
        "The bank took $20.00",
    ]


def test_the_timeline_tells_what_the_staff_asked_for_and_what_stripe_said(make_donation: Make) -> None:
    gift = make_donation()
    pay(gift)
    give_back(500)
    refund = Case.objects.get(kind="refund").pk
    for number, (state, its_refund, answer) in enumerate(
        [("made", refund, ""), ("refused", "", "402: no"), ("asked", "", "")], 1
    ):
        RefundRequest.objects.create(
            donation=gift, number=number, payment="pi_1", amount=500, currency="usd", asked_by="tess@example.org",
            state=state, refund=its_refund, answer=answer, created_at=AT + timedelta(days=number),
        )  # fmt: skip
    made, refused, asked = (moment for moment in timeline.of(gift) if "asked for" in moment.what)
    assert (made.what, made.link) == ("Refund of $5.00 asked for: made", f"/admin/donations/case/{refund}/change/")
    assert (refused.what, refused.mark) == ("Refund of $5.00 asked for: refused", "bad")
    assert refused.more == "by tess@example.org. 402: no"
    assert asked.what == "Refund of $5.00 asked for: not answered yet"
    assert asked.link == f"/admin/donations/donation/{gift.pk}/refund/"


def test_the_timeline_tells_that_nobody_paid(make_donation: Make) -> None:
    gift = make_donation()
    posting.post(StripeUpdate(at=AT, donation=gift.uuid, refs=("cs_1",), session="cs_1", checkout=Checkout.EXPIRED))
    gift.refresh_from_db()
    assert told(gift)[-1] == "Stripe’s page closed without a payment"


def test_the_ledger_stands_beside_stripes_book(donation: Donation) -> None:
    pay(donation)
    give_back(500)
    mirrored(1)
    mirrored(2, "refund", payment="pi_1", source="re_1", amount=-500, fee=0, net=-500, site="")
    rows = [(row.amount, row.fee, row.net, row.booked) for row in ledger_rows.for_donation(donation)]
    assert rows == [("$20.00", "-$0.88", "$19.12", "txn_1"), ("-$5.00", "", "-$5.00", "txn_2")]


def test_ids_lead_to_stripes_dashboard_where_there_is_one(settings: pytest_django.Settings) -> None:
    assert formatting.stripe_id("pi_1") == "pi_1"
    settings.STRIPE_DASHBOARD = "https://dashboard.stripe.com/test"
    assert 'href="https://dashboard.stripe.com/test/payments/pi_1"' in formatting.stripe_id("pi_1")
    assert formatting.dashboard("dp_1") == "https://dashboard.stripe.com/test/disputes/dp_1"
    assert formatting.dashboard("re_1") == "https://dashboard.stripe.com/test/search?query=re_1"
    assert formatting.stripe_id("cheque 17") == "cheque 17", "not everything in the ledger is Stripe's"


def test_a_dispute_says_what_the_bank_says_and_what_we_hold(make_donation: Make) -> None:
    gift = make_donation(name="Ada", email="ada@example.org")
    pay(gift)
    Mail.objects.update(state="sent", sent_at=AT, next_at=None)
    dispute(DisputeStatus.NEEDS_RESPONSE, timezone.now() + timedelta(days=4, hours=1))
    page = dispute_page.page(Case.objects.get())
    assert "took the money back" in page.state
    assert "did not make this payment" in page.reason
    assert "(4 days left)" in page.deadline
    assert not page.late
    held = dict(page.evidence)
    assert held["Name given"] == "Ada"
    assert "pi_1" in held["Paid on Stripe’s page"]
    assert "Message-ID <" in held["Receipt"]
    assert "Name given: Ada" in page.text


def test_every_state_of_a_dispute_has_words() -> None:
    assert set(dispute_page.STATES) == set(DisputeStatus)


def test_a_new_reason_replaces_the_old_one(donation: Donation) -> None:
    pay(donation)
    dispute(DisputeStatus.NEEDS_RESPONSE)
    later = Dispute("dp_1", 2000, "usd", DisputeStatus.UNDER_REVIEW, None, (), "general")
    posting.post(StripeUpdate(at=AT + timedelta(days=3), refs=("dp_1", "pi_1"), change=later))
    assert Case.objects.get().reason == "general"


# --- Adding up ---


def test_the_front_page_sets_this_month_and_year_against_the_last(db: None) -> None:
    this = timezone.localdate().replace(day=1)
    for month, raised in ((this, 1000), (months_before(this), 2000), (months_before(this, 12), 4000)):
        Total.objects.create(currency="usd", month=month, raised=raised, refunded=100, gifts=1)
    [book] = dashboard.books()
    assert [line.net for line in book.periods[:2]] == ["$9.00", "$19.00"]
    assert book.months[-1].net == "$9.00"
    assert book.months[-1].earlier == "$39.00"
    assert book.months[0].earlier == ""
    assert len(book.chart.columns) == len(book.months) == 12


def test_currencies_are_never_added(db: None) -> None:
    this = timezone.localdate().replace(day=1)
    for currency in ("eur", "jpy"):
        Total.objects.create(currency=currency, month=this, raised=500, refunded=0, gifts=1)
    assert [(book.currency, book.months[-1].gross) for book in dashboard.books()] == [
        *(("USD", "$0.00"), ("EUR", "€5.00"), ("JPY", "¥500")),
    ]


def test_columns_are_as_high_as_they_are_true() -> None:
    drawn = chart.chart([("Jan", 100, None), ("Feb", 50, 100), ("Mar", -20, None)])
    full, half, none = (column.height for column in drawn.columns)
    assert full == 2 * half
    assert none == 0
    assert drawn.columns[1].earlier == drawn.height - full
    assert drawn.marks[1][1] == 100


@pytest.mark.parametrize(
    ("highest", "top"),
    [(1, 2), (5, 6), (21, 40), (483_276, 500_000), (500_001, 600_000), (110_000, 200_000), (210_000, 250_000)],
)
def test_the_scale_fits_the_highest_column(highest: int, top: int) -> None:
    drawn = chart.chart([("Jan", highest, None)], "{:,}".format)
    assert [mark for _y, mark in drawn.marks] == [top // 2, top]
    assert drawn.columns[0].label == f"{highest:,}"


def test_a_column_says_its_amount_to_the_whole_dollar() -> None:
    assert [formatting.rounded(minor, "usd") for minor in (483_276, 99, 49)] == ["$4,833", "$1", "$0"]
    assert formatting.rounded(4833, "jpy") == "¥4,833"


@pytest.mark.parametrize("kind", [Case.Kind.DISPUTE, Case.Kind.REFUND])
def test_every_state_stands_in_words_in_the_list(kind: Case.Kind) -> None:
    for status in DisputeStatus if kind == Case.Kind.DISPUTE else RefundStatus:
        if status != DisputeStatus.UNKNOWN:
            assert case_words.state(kind, status) != status
    assert case_words.state(kind, "a_new_word") == "a_new_word"


def test_an_answer_is_asked_for_by_its_day_until_it_was_given() -> None:
    yesterday = timezone.now() - timedelta(days=1)
    assert ": over" in case_words.answer_by(yesterday, due=True)
    assert case_words.answer_by(yesterday, due=False) == case_words.answer_by(None, due=True) == "–"


def test_an_empty_chart_can_be_drawn() -> None:
    assert [column.height for column in chart.chart([("Jan", 0, None)]).columns] == [0]


# --- What needs doing ---


@pytest.mark.parametrize("differences", [0, 3])
def test_the_desk_reads_the_verdict_that_the_books_write(db: None, differences: int) -> None:
    scheduler.store_result(scheduler.RECONCILE, reconciled(differences))
    assert reconciliation_status.latest().differences == differences
    assert reconciliation_status.latest().agree == (not differences)


def test_a_check_that_broke_off_is_neither_right_nor_wrong(db: None) -> None:
    assert reconciliation_status.latest().at is None
    scheduler.store_result(scheduler.RECONCILE, Result("stopped half-way"))
    assert reconciliation_status.latest().differences is None
    assert not reconciliation_status.latest().agree


def root() -> Any:
    return get_user_model()(is_superuser=True, is_staff=True)


def test_the_front_page_lists_disputes_by_their_deadline(make_donation: Make) -> None:
    pay(make_donation(name="Ada"))
    dispute(DisputeStatus.NEEDS_RESPONSE, timezone.now() - timedelta(days=1))
    [line] = dashboard.of(root()).disputes
    assert (line.amount, line.donor, line.late) == ("$20.00", "Ada", True)
    assert line.deadline.endswith(": the time is over")
    assert line.state == "The bank took the money back. An answer is due."


def test_the_front_page_leads_to_what_this_person_may_do(db: None) -> None:
    assert dashboard.actions(root()) == [
        ("Record a gift outside Stripe", "/admin/donations/offlinegift/add/"),
        ("Gifts that come again", "/admin/donations/subscription/"),
        ("Export", "/admin/donations/donation/export/"),
        ("Erase a donor", "/admin/donations/donation/erase/"),
        ("How the site is", "/admin/donations/chore/doctor/"),
    ]
    assert dashboard.actions(get_user_model().objects.create_user("ed@example.org", is_staff=True)) == []


def test_nothing_to_do_is_said_by_an_empty_list(donation: Donation) -> None:
    pay(donation)
    Chore.objects.create(name=scheduler.MIRROR, due_at=timezone.now() + timedelta(minutes=5))
    Organisation(address="1 Quay", receipt_text="Charity 12345").save()
    assert tasks.for_user(root()) == []


def test_everything_that_needs_somebody_is_on_the_list(make_donation: Make) -> None:
    pay(make_donation(flags="amount"))
    make_donation(flags="twice", flags_seen="twice")
    dispute(DisputeStatus.NEEDS_RESPONSE, AT + timedelta(days=9))
    give_back(700, timezone.now(), RefundStatus.FAILED)
    scheduler.store_result(scheduler.RECONCILE, reconciled(2))
    Chore.objects.create(name=scheduler.MIRROR, due_at=timezone.now() - timedelta(hours=2))
    StripeEvent.objects.create(id="evt_1", type="x", state="failed", body="")
    StripeEvent.objects.create(id="evt_2", type="x", state="parked", body="")
    long_ago = timezone.now() - timedelta(hours=1)
    StripeEvent.objects.create(id="evt_3", type="x", state="parked", body="", received_at=long_ago)
    Mail.objects.filter(kind="paid").update(state="dead", next_at=None)
    assert [task.what.partition(" since ")[0] for task in tasks.for_user(root())] == [
        "Answer the bank about $20.00 by 14 March 2026, 12:00.",
        "The books differ in 2 places.",
        "A refund of $7.00 did not reach the donor.",
        "1 event of Stripe’s failed.",
        "1 event of Stripe’s is parked.",
        "1 e-mail could not be sent.",
        "1 gift is flagged.",
        "Receipts lack your postal address or the legal text: write them under Organisation.",
        "The background work has not run",
    ]


def test_letters_that_wait_for_the_mail_server_are_told_with_its_words(db: None) -> None:
    for key, state, tries, error in [
        ("a", "waiting", 3, "535 wrong password"),
        ("b", "waiting", 2, "535 wrong password"),
        ("c", "waiting", 1, "451 busy"),  # once: it may have been a moment
        ("d", "waiting", 0, "no address"),
        ("e", "waiting", 0, ""),
        ("f", "sent", 4, ""),
    ]:
        next_at = timezone.now() if state == "waiting" else None
        Mail.objects.create(kind="paid", key=key, state=state, attempts=tries, error=error, next_at=next_at)
    (task,) = tasks.for_user(root())
    assert task.what == "2 e-mails wait. The mail server: 535 wrong password"
    assert task.link.endswith("?state__exact=waiting")


def test_nobody_is_told_of_what_they_may_not_see(make_donation: Make) -> None:
    make_donation(flags="amount")
    assert tasks.for_user(get_user_model().objects.create_user("ed@example.org", is_staff=True)) == []


def attempts(declined: int, paid: int, state: str = "handled", **fields: Any) -> declines.Declines:
    for kind, count in (("payment_intent.payment_failed", declined), ("checkout.session.completed", paid)):
        StripeEvent.objects.bulk_create(
            StripeEvent(id=f"evt_{kind}_{number}", type=kind, state=state, body="", **fields) for number in range(count)
        )
    return declines.recent()


def test_many_declined_cards_ring_the_alarm(db: None) -> None:
    assert attempts(10, 3) == declines.Declines(declined=10, paid=3, declined_in_a_day=10)
    assert declines.recent().alarming(10)


@pytest.mark.parametrize(("declined", "paid"), [(9, 0), (10, 10)])
def test_a_few_declined_cards_are_as_usual(db: None, declined: int, paid: int) -> None:
    assert not attempts(declined, paid).alarming(10)


def test_declined_cards_of_another_seller_or_of_yesterday_do_not_count(db: None) -> None:
    assert attempts(20, 0, "ignored").declined == 0
    StripeEvent.objects.all().delete()
    assert attempts(20, 0, received_at=timezone.now() - timedelta(days=2)) == declines.Declines(0, 0, 0)


@pytest.mark.parametrize(
    ("sandbox", "live", "said"),
    [
        (True, False, "Practice: a sandbox, no real money"),
        (False, False, "Practice: Stripe’s test mode, no real money"),
        (False, True, "Live: real money"),
    ],
)
def test_every_page_of_the_admin_says_of_which_money_it_is(
    client: Client, django_user_model: Any, settings: pytest_django.Settings, sandbox: bool, live: bool, said: str
) -> None:
    client.force_login(django_user_model.objects.create_superuser("mode@example.org", "a long password"))
    settings.SANDBOX, settings.STRIPE_LIVE = sandbox, live
    for page in ("/admin/", "/admin/donations/donation/"):
        assert said in client.get(page).text
