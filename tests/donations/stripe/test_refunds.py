"""A refund that staff asks for: once, however often and by however many, and never more than is left."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from desk.admin.irreversible import reauthentication
from donations.domain.status import Status
from donations.jobs import scheduler
from donations.ledger import identity
from donations.models import Case, Donation, LedgerEntry, RefundRequest
from donations.reporting import reconciliation
from donations.stripe import balance_transactions, client, events, polling, refundable, refunds
from donations.stripe.errors import Refused
from donations.stripe.refunds import Impossible, Unanswered, Wanted
from mail.models import Mail
from sandbox.models import Record
from tests.donations.reporting.test_reconciliation import Dashboard, give
from tests.donations.stripe_objects import event, refund, text

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
PASSWORD = "a long password"


@pytest.fixture
def dashboard(stripe: str) -> Dashboard:
    return Dashboard(stripe)


@pytest.fixture
def gift(dashboard: Dashboard) -> Donation:
    donation = give(1)
    polling.poll(donation)
    assert donation.status == Status.PAID
    return donation


def wanted(gift: Donation, amount: int = 2000, number: int = 1, **changes: Any) -> Wanted:
    payment = LedgerEntry.objects.get(donation=gift, kind="payment").source
    values = {"reason": "requested_by_customer", "note": "", "by": "tess@example.org"} | changes
    return Wanted(number=number, payment=payment, amount=amount, **values)


def ask(gift: Donation, **changes: Any) -> RefundRequest:
    donation = Donation.objects.get(pk=gift.pk)
    return refunds.request(donation, wanted(gift, **changes), refundable.refresh(donation), lambda made: None)


def at_stripe() -> list[int]:
    return [record.body["amount"] for record in Record.objects.filter(kind="refund")]


def refunds_here() -> list[int]:
    return list(LedgerEntry.objects.filter(kind="refund").values_list("amount", flat=True))


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own; an exception is an answer too."""

    def one(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_a_full_refund_is_booked_at_once_and_the_donor_is_told(gift: Donation) -> None:
    made = ask(gift)
    assert made.state == RefundRequest.State.MADE
    gift.refresh_from_db()
    assert gift.status == Status.REFUNDED
    assert refunds_here() == [-2000]
    case = Case.objects.get(pk=made.refund)
    assert case.asked_by == "tess@example.org"
    assert Mail.objects.get(kind="refunded").key == made.refund
    told = Record.objects.get(kind="refund").body
    assert told["reason"] == "requested_by_customer"
    assert told["metadata"] == {
        "tincup_asked_by": "tess@example.org", "tincup_refund": str(made.uuid), "tincup_site": "localhost",
        "tincup_site_id": identity.site_id(),
    }  # fmt: skip


@pytest.mark.parametrize("amounts", [(2000, 2000), (500, 500), (2000, 500)])
def test_two_at_once_make_one_refund(gift: Donation, amounts: tuple[int, int]) -> None:
    at_once(*(lambda amount=amount: ask(gift, amount=amount) for amount in amounts))
    # Whoever was told to ask again does.
    at_once(refunds.finish_open)
    for request in RefundRequest.objects.filter(state="asked"):
        refunds.carry_out(request)
    assert len(at_stripe()) == 1
    assert refunds_here() == [-at_stripe()[0]]
    assert RefundRequest.objects.count() == 1


def test_the_same_page_sent_again_tells_of_the_same_refund(gift: Donation) -> None:
    assert ask(gift, amount=500).refund == ask(gift, amount=500).refund
    assert at_stripe() == [500]
    with pytest.raises(Impossible, match=r"Meanwhile tess@example.org asked for a refund of \$5.00"):
        ask(gift, amount=700)


def test_parts_can_go_back_until_nothing_is_left(gift: Donation) -> None:
    ask(gift, amount=1500)
    with pytest.raises(Impossible, match=r"At most \$5.00 is left"):
        ask(gift, amount=501, number=2)
    ask(gift, amount=500, number=2)
    gift.refresh_from_db()
    assert refundable.why_not(gift) == "All of this gift went back already."
    assert sorted(at_stripe()) == [500, 1500]


def test_a_refund_that_is_still_pending_counts_as_gone(gift: Donation) -> None:
    events.receive(
        text(event("refund.created", refund_of(gift, amount=1500, status="pending", balance_transaction=None)))
    )
    assert refundable.left(gift) == 500
    events.receive(
        text(event("refund.updated", refund_of(gift, amount=1500, status="canceled", balance_transaction=None)))
    )
    assert refundable.left(gift) == 2000


def refund_of(gift: Donation, **changes: Any) -> dict[str, Any]:
    return refund(gift, payment_intent=wanted(gift).payment, charge=None, **changes)


def test_a_refund_made_in_the_dashboard_meanwhile_is_seen(gift: Donation, dashboard: Dashboard) -> None:
    dashboard.refund(gift, amount=1800)
    with pytest.raises(Impossible, match=r"At most \$2.00 is left"):
        ask(gift)
    assert refunds_here() == [-1800]
    assert not RefundRequest.objects.exists()


def test_one_made_in_the_very_moment_is_refused_by_stripe_and_booked(gift: Donation, dashboard: Dashboard) -> None:
    def meanwhile(request: RefundRequest) -> None:
        assert not connection.needs_rollback
        stored_first.append(request)

    stored_first: list[RefundRequest] = []
    stored, _new = refunds._store(gift, wanted(gift), refundable.refresh(gift), meanwhile)
    dashboard.refund(gift)
    with pytest.raises(Impossible, match="has already been refunded"):
        refunds.carry_out(stored)
    assert [stored] == stored_first
    assert RefundRequest.objects.get().state == RefundRequest.State.REFUSED
    assert refunds_here() == [-2000]
    assert refunds.next_number(gift) == 2


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "409"])
def test_without_an_answer_the_same_is_asked_again_with_the_same_key(
    gift: Donation, dashboard: Dashboard, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = client.create_refund

    def unlucky(**asked: Any) -> Any:
        monkeypatch.setattr(client, "create_refund", create)
        dashboard.ask("", fault=fault)
        try:
            return create(**asked)
        finally:
            dashboard.ask("", fault="")

    monkeypatch.setattr(client, "create_refund", unlucky)
    with pytest.raises(Unanswered):
        ask(gift)
    request = RefundRequest.objects.get()
    assert request.state == RefundRequest.State.ASKED
    with pytest.raises(Impossible, match="Another refund of this gift is under way"):
        # The rest of the sum is no way around it, whatever the answer would have been.
        refunds._store(gift, wanted(gift, amount=1, number=2), [_payment(gift)], print)
    RefundRequest.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
    scheduler.run_due()
    request.refresh_from_db()
    assert request.state == RefundRequest.State.MADE
    assert at_stripe() == [2000]
    assert refunds_here() == [-2000]


@pytest.mark.parametrize("done", [True, False])
def test_an_error_of_stripes_own_says_nothing_so_the_books_are_looked_at(
    gift: Donation, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """Stripe keeps a 500 under the key, whether the refund was made or not."""
    create = client.create_refund

    def broken(**asked: Any) -> Any:
        if done:
            create(**asked)
        raise Refused(500, "", "An unknown error occurred.")

    monkeypatch.setattr(client, "create_refund", broken)
    if done:
        assert ask(gift, amount=500).state == RefundRequest.State.MADE
    else:
        with pytest.raises(Impossible, match="An unknown error occurred"):
            ask(gift, amount=500)
        monkeypatch.setattr(client, "create_refund", create)
        assert ask(gift, amount=500, number=2).state == RefundRequest.State.MADE
    assert at_stripe() == [500]
    assert refunds_here() == [-500]


def test_a_stored_500_does_not_hold_the_treasurer_up(gift: Donation, dashboard: Dashboard) -> None:
    stored, _new = refunds._store(gift, wanted(gift), [_payment(gift)], lambda made: None)
    asked = {"tincup_site": "localhost", "tincup_refund": str(stored.uuid), "tincup_asked_by": stored.asked_by}
    dashboard.ask("", fault="500")
    with pytest.raises(Refused):
        client.create_refund(
            key=f"refund-{stored.uuid}", payment=stored.payment, amount=2000, reason=stored.reason, metadata=asked
        )
    dashboard.ask("", fault="")
    RefundRequest.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
    scheduler.run_due()
    stored.refresh_from_db()
    assert (stored.state, at_stripe()) == (RefundRequest.State.REFUSED, [])
    assert ask(gift, number=refunds.next_number(gift)).state == RefundRequest.State.MADE
    assert at_stripe() == [2000]
    assert refunds_here() == [-2000]


def _payment(gift: Donation) -> refundable.Refundable:
    return refundable.Refundable(wanted(gift).payment, 2000, "usd", 2000)


def test_the_webhook_may_come_before_the_answer(gift: Donation, dashboard: Dashboard) -> None:
    stored, _new = refunds._store(gift, wanted(gift), [_payment(gift)], lambda made: None)
    key, asked = f"refund-{stored.uuid}", {"tincup_refund": str(stored.uuid), "tincup_asked_by": "tess@example.org"}
    answer = client.create_refund(key=key, payment=stored.payment, amount=2000, reason="", metadata=asked)
    events.receive(text(event("refund.created", answer)))
    assert refunds.carry_out(stored).refund == answer["id"]
    assert refunds_here() == [-2000]
    assert Case.objects.get().asked_by == "tess@example.org"


def test_a_disputed_gift_cannot_be_refunded_and_is_told_why(gift: Donation, dashboard: Dashboard) -> None:
    dispute = dashboard.ask("/dispute", session=gift.session_id, kind="chargeback")
    with pytest.raises(Impossible, match="would send it back twice"):
        ask(gift)
    dashboard.ask("/dispute_move", dispute=dispute["id"], to="lost")
    with pytest.raises(Impossible, match="has taken this gift back already"):
        ask(gift)
    assert not at_stripe()


def test_an_inquiry_moves_no_money_so_the_gift_can_be_refunded(gift: Donation, dashboard: Dashboard) -> None:
    dashboard.ask("/dispute", session=gift.session_id, kind="inquiry")
    assert ask(gift).state == RefundRequest.State.MADE


def test_a_refund_that_failed_can_be_asked_for_again(gift: Donation, dashboard: Dashboard) -> None:
    made = ask(gift)
    dashboard.ask("/settle_refund", refund=made.refund, outcome="fails")
    assert ask(gift, number=2).state == RefundRequest.State.MADE
    gift.refresh_from_db()
    assert gift.status == Status.REFUNDED
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0


# --- The page ---


@pytest.fixture
def treasurer(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", PASSWORD))
    return client


def page(gift: Donation) -> str:
    return f"/admin/donations/donation/{gift.pk}/refund/"


def form(gift: Donation, amount: str = "20", **more: Any) -> dict[str, Any]:
    asked = {"amount": amount, "number": 1, "payment": wanted(gift).payment, "reason": "duplicate", "note": "twice"}
    return asked | {"confirmed": "yes"} | more


def test_the_page_says_what_it_means_before_anything_happens(treasurer: Client, gift: Donation) -> None:
    first = treasurer.get(page(gift))
    assert 'value="20"' in first.content.decode()
    asked = form(gift, "12.50")
    del asked["confirmed"]
    sure = treasurer.post(page(gift), asked).content.decode()
    for words in ("$12.50 goes back", "$7.50 of the gift stays", "ada@example.org", "cannot be taken back"):
        assert words in sure
    assert not at_stripe()


def test_one_confirmed_refund_lists_what_is_at_stripe_once(
    treasurer: Client, gift: Donation, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, lists = client.listed, list[str]()
    monkeypatch.setattr(client, "listed", lambda kind, *of, **more: lists.append(kind) or listed(kind, *of, **more))
    treasurer.post(page(gift), form(gift))
    assert at_stripe() == [2000]
    assert lists == ["refunds", "disputes"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("twenty", "Enter an amount, like 20 or 12.50."),
        ("-5", "Enter an amount, like 20 or 12.50."),
        ("0", "At most $20.00 is left of this payment."),
        ("20.01", "At most $20.00 is left of this payment."),
        ("1" * 21, "Ensure this value has at most 20 characters (it has 21)."),
    ],
)
def test_a_wrong_amount_is_told_in_words(treasurer: Client, gift: Donation, typed: str, told: str) -> None:
    assert treasurer.post(page(gift), form(gift, typed)).context["form"].errors == {"amount": [told]}
    assert not at_stripe()


@pytest.mark.parametrize("again", ["5", "$5.00", "5,00", "5.-"])
def test_an_amount_is_read_as_the_treasurer_types_it_and_goes_back_once(
    treasurer: Client, gift: Donation, again: str
) -> None:
    for typed in ("5,00", again):
        treasurer.post(page(gift), form(gift, typed))
    assert at_stripe() == [500]


def test_two_people_at_once_make_one_refund_and_both_are_told(gift: Donation, django_user_model: Any) -> None:
    browsers = []
    for name in ("tess", "theo"):
        browser = Client()
        browser.force_login(django_user_model.objects.create_superuser(f"{name}@example.org", PASSWORD))
        browsers.append(browser)
    answers = at_once(*(lambda browser=browser: browser.post(page(gift), form(gift)) for browser in browsers))
    assert all(answer.status_code in {200, 302} for answer in answers)
    for browser in browsers:
        browser.post(page(gift), form(gift))
    assert at_stripe() == [2000]
    assert refunds_here() == [-2000]
    assert LogEntry.objects.count() == 1


def test_who_did_it_is_in_the_log_in_words(treasurer: Client, gift: Donation) -> None:
    answer = treasurer.post(page(gift), form(gift, "5"), follow=True)
    assert "$5.00 is on its way back to the donor" in answer.content.decode()
    entry = LogEntry.objects.get()
    assert entry.user.get_username() == "tess@example.org"
    assert entry.get_change_message() == "Asked Stripe to refund $5.00: given twice by mistake. twice"


def test_an_old_sign_in_is_asked_for_the_password(
    treasurer: Client, gift: Donation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reauthentication, "FOR", timedelta(seconds=-1))
    assert "Your password" in treasurer.post(page(gift), form(gift)).content.decode()
    wrong = treasurer.post(page(gift), form(gift, password="wrong")).content.decode()
    assert "That password is not right" in wrong
    assert not at_stripe()
    treasurer.post(page(gift), form(gift, password=PASSWORD))
    assert at_stripe() == [2000]


@pytest.mark.parametrize("amount", ["0", "-5", "20.01", "nothing", ""])
def test_an_amount_that_cannot_be_is_told_on_the_form(treasurer: Client, gift: Donation, amount: str) -> None:
    answer = treasurer.post(page(gift), form(gift, amount))
    assert "errorlist" in answer.content.decode()
    assert not RefundRequest.objects.exists()


def test_whoever_may_not_refund_gets_no_page(client: Client, gift: Donation, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("sam@example.org", PASSWORD, is_staff=True))
    assert client.get(page(gift)).status_code == 403
    assert client.post(page(gift), form(gift)).status_code == 403
    assert not at_stripe()


def test_without_an_answer_the_page_says_so_and_asks_again(
    treasurer: Client, gift: Donation, settings: pytest_django.Settings
) -> None:
    refunds._store(gift, wanted(gift), [_payment(gift)], lambda made: None)
    assert "Stripe has not answered yet" in treasurer.get(page(gift)).content.decode()
    treasurer.post(page(gift))
    assert at_stripe() == [2000]


@pytest.mark.parametrize(("status", "told"), [(403, "manage.py stripe_check"), (500, "Try again in a minute")])
def test_a_key_that_may_not_look_is_not_told_as_silence(
    treasurer: Client, gift: Donation, monkeypatch: pytest.MonkeyPatch, status: int, told: str
) -> None:
    def refuse(reference: str) -> None:
        raise Refused(status, "", "Permission denied.")

    monkeypatch.setattr(client, "retrieve", refuse)
    assert told in treasurer.get(page(gift)).text


# --- Another Stripe account -------------------------------------------------------------------------------------------


@pytest.fixture
def another_account(gift: Donation) -> None:
    """The site has a key of another account now, which knows nothing of what the first one took."""
    balance_transactions.mirror()
    Record.objects.all().delete()


def test_a_gift_of_another_account_cannot_be_refunded_and_the_page_says_why(
    treasurer: Client, gift: Donation, another_account: None
) -> None:
    for answer in (treasurer.get(page(gift)), treasurer.post(page(gift), form(gift))):
        assert "another account took it" in answer.text
        assert "Try again in a minute" not in answer.text
    assert not RefundRequest.objects.exists()


def test_a_request_that_the_first_account_never_answered_comes_to_an_end_in_the_second(
    treasurer: Client, gift: Donation, another_account: None
) -> None:
    refunds._store(gift, wanted(gift), [_payment(gift)], lambda made: None)
    assert "another account took it" in treasurer.post(page(gift)).text
    assert RefundRequest.objects.get().state == RefundRequest.State.REFUSED
    assert refunds.unanswered(gift) is None


def test_gifts_of_another_account_stay_in_the_books_as_they_are(gift: Donation, another_account: None) -> None:
    before = list(LedgerEntry.objects.values_list())
    call_command("reconcile")
    scheduler.run_due()
    gift.refresh_from_db()
    assert gift.status == Status.PAID
    assert list(LedgerEntry.objects.values_list()) == before
    assert reconciliation.reconcile().agree, "Stripe's book of then is kept"
