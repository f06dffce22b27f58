"""The operator's page: it shows what happened, and its buttons work without a script."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from sandbox.models import Behaviour, Event
from sandbox.webhooks import sender

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

CONSOLE = "/sandbox/"
DELIVERY = {
    "action": "mood",
    "delivery": "late",
    "delay": "5",
    "release": "dahlia",
    "bank_delay": "9",
    "shuffled": "on",
    "after_retries": "unpaid",
}


def text(response):
    return response.content.decode()


def test_an_empty_console_says_what_it_is(client, db):
    page = text(client.get(CONSOLE))
    assert "no real money moves" in page
    assert "None yet." in page
    assert "4242 4242 4242 4242" in page
    assert "<script" not in page


def test_it_lists_sessions_with_their_state_and_pay_page(client, create_session, pay):
    paid, open_ = create_session(), create_session()
    pay(paid.id)
    page = text(client.get(CONSOLE))
    assert "complete, paid" in page
    assert "open, unpaid" in page
    assert f'href="/sandbox/pay/{open_.id}"' in page
    assert f'href="/sandbox/pay/{paid.id}"' not in page


def test_it_shows_how_far_each_delivery_is(client, receiver, api, create_session):
    for _ in range(3):
        api.v1.checkout.sessions.expire(create_session().id)
    receiver.statuses = [200, 500]
    sender.deliver_next()
    sender.deliver_next()
    page = text(client.get(CONSOLE))
    for state in ("delivered", "refused (500), will try again", "on its way"):
        assert page.count(f">{state}<") == 1


def test_a_lost_event_is_resent_by_its_button(client, receiver, control, create_session, api):
    control(delivery="lost")
    api.v1.checkout.sessions.expire(create_session().id)
    event = Event.objects.get()
    page = text(client.get(CONSOLE))
    assert ">lost<" in page
    assert f'value="{event.stripe_id}"' in page
    answer = client.post(CONSOLE, {"action": "resend", "event": event.stripe_id}, follow=True)
    assert "on its way again" in text(answer)
    sender.deliver_next()
    assert receiver.types() == ["checkout.session.expired"]


def test_all_that_never_arrived_is_resent(client, control, receiver):
    control(delivery="lost")
    control("/stranger")
    client.post(CONSOLE, {"action": "resend_undelivered"})
    while sender.deliver_next():
        pass
    assert len(receiver.received) == 3


@pytest.mark.parametrize(("outcome", "state"), [("settles", "complete, paid"), ("fails", "the bank refused")])
def test_a_pending_bank_payment_has_its_buttons(client, create_session, outcome, state):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert 'value="settle"' in text(client.get(CONSOLE))
    after = text(client.post(CONSOLE, {"action": "settle", "session": session.id, "outcome": outcome}, follow=True))
    assert state in after
    assert 'value="settle"' not in after


def test_another_merchant_is_paid(client, db):
    page = text(client.post(CONSOLE, {"action": "stranger"}, follow=True))
    assert "A stranger has paid" in page
    assert "$15.00 USD" in page


def test_the_delivery_settings_are_saved_and_shown(client, db):
    page = text(client.post(CONSOLE, DELIVERY, follow=True))
    behaviour = Behaviour.current()
    assert (behaviour.delivery, behaviour.delay, behaviour.release, behaviour.bank_delay) == ("late", 5, "dahlia", 9)
    assert (behaviour.shuffled, behaviour.doubled, behaviour.two_ids) == (True, False, False)
    assert '<option value="late" selected>' in page


def test_a_wrong_delivery_setting_is_refused_beside_its_field(client, db):
    answer = client.post(CONSOLE, {**DELIVERY, "delay": "soon"})
    assert answer.status_code == 422
    assert 'aria-describedby="id_delay_error"' in text(answer)
    assert not Behaviour.objects.exists()


@pytest.fixture
def press(client):
    """Presses a button and reads the page that comes after it."""
    return lambda **fields: text(client.post(CONSOLE, fields, follow=True))


def test_a_payment_is_refunded_in_part_and_then_in_full(api, charge_of, client, pay_session, press):
    charge = charge_of(pay_session())
    assert f'value="{charge.id}"' in text(client.get(CONSOLE))
    page = press(action="refund", charge=charge.id, amount="12.50")
    assert "The refund is made." in page
    assert "$12.50 USD refunded" in page
    page = press(action="refund", charge=charge.id, amount="")
    assert "$20.00 USD refunded" in page
    assert 'value="refund"' not in page
    assert [refund.amount for refund in api.v1.refunds.list().data] == [750, 1250]


@pytest.mark.parametrize("amount", ["all", "0", "1.234", "-5", "20.01"])
def test_a_wrong_amount_to_refund_is_refused(api, charge_of, client, pay_session, amount):
    charge = charge_of(pay_session())
    answer = client.post(CONSOLE, {"action": "refund", "charge": charge.id, "amount": amount})
    assert answer.status_code == 400
    assert 'role="alert"' in text(answer)
    assert api.v1.refunds.list().data == []


def test_a_refund_has_the_buttons_of_its_state(api, control, pay_session, client, press):
    refund = control("/refund", session=pay_session("4000000000007726").id)["id"]
    page = text(client.get(CONSOLE))
    assert re.findall(r'name="outcome" value="(\w+)"', page) == ["succeeds", "fails", "canceled"]
    page = press(action="settle_refund", refund=refund, outcome="succeeds")
    assert re.findall(r'name="outcome" value="(\w+)"', page) == [
        "fails",
        "fails_as_adjustment",
        "fails_as_payment_refund",
    ]
    press(action="settle_refund", refund=refund, outcome="fails")
    assert api.v1.refunds.retrieve(refund).status == "failed"


@pytest.mark.parametrize("kind", ["chargeback", "inquiry", "lost"])
def test_a_payment_is_disputed(api, charge_of, pay_session, press, kind):
    charge = charge_of(pay_session())
    page = press(action="dispute", charge=charge.id, kind=kind)
    (case,) = api.v1.disputes.list().data
    assert ('value="refund"' in page) == (kind == "inquiry")
    moves = {"chargeback": "under_review won lost", "inquiry": "escalate under_review closed", "lost": "appeal"}[kind]
    assert re.findall(r'name="to" value="(\w+)"', page) == moves.split()
    for move in moves.split()[-1:]:
        press(action="dispute_move", dispute=case.id, to=move)
    status = {"chargeback": "lost", "inquiry": "warning_closed", "lost": "appeal_needs_response"}[kind]
    assert api.v1.disputes.retrieve(case.id).status == status


def test_the_balance_is_shown_billed_and_paid_out(api, charge_of, pay_session, press):
    charge_of(pay_session())
    page = press(action="stripe_fee")
    assert "next payout: <b>$17.12 USD</b>" in page
    assert "−$2.00 USD" in page
    page = press(action="payout")
    assert "next payout: <b>nothing</b>" in page
    assert [payout.amount for payout in api.v1.payouts.list().data] == [1712]


def test_payments_can_settle_in_another_currency(client, press):
    assert "The settlement is saved." in press(action="money", settlement="EUR", exchange_rate="0.9")
    behaviour = Behaviour.objects.get()
    assert (behaviour.settlement, behaviour.exchange_rate) == ("eur", Decimal("0.9"))
    press(action="money", settlement="", exchange_rate="2")
    assert Behaviour.objects.get().settlement == ""


def test_the_api_is_made_to_fail(client, press):
    page = press(
        action="faults",
        fault="timeout_after",
        fault_calls="POST refunds",
        fault_rate="30",
        fault_seed="7",
        fault_seconds="5",
    )
    assert "The faults are saved." in page
    assert '<option value="timeout_after" selected>' in page
    behaviour = Behaviour.objects.get()
    assert (
        behaviour.fault,
        behaviour.fault_calls,
        behaviour.fault_rate,
        behaviour.fault_seed,
        behaviour.fault_seconds,
    ) == (
        "timeout_after",
        "POST refunds",
        30,
        7,
        5,
    )


def test_permissions_are_taken_away_and_lists_made_slow(client, db):
    client.post(CONSOLE, {"action": "access", "missing_permissions": "payout_read charge_write", "list_lag": "90"})
    behaviour = Behaviour.current()
    assert (behaviour.missing_permissions, behaviour.list_lag) == ("payout_read charge_write", 90)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"action": "money", "settlement": "xxx", "exchange_rate": "1"}, "settlement"),
        ({"action": "money", "settlement": "eur", "exchange_rate": "0"}, "exchange_rate"),
        ({"action": "access", "missing_permissions": "money_read", "list_lag": "0"}, "missing_permissions"),
        ({"action": "faults", "fault_rate": "101", "fault_seed": "0", "fault_seconds": "1"}, "fault_rate"),
        ({"action": "faults", "fault_rate": "1", "fault_seed": "0", "fault_seconds": "31"}, "fault_seconds"),
    ],
)
def test_wrong_settings_are_refused_beside_their_field(client, db, fields, wrong):
    answer = client.post(CONSOLE, fields)
    assert answer.status_code == 422
    assert f'aria-describedby="id_{wrong}_error"' in text(answer)
    assert text(answer).count('aria-invalid="true"') == 1
    assert not Behaviour.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"action": "resend", "event": "evt_none"},
        {"action": "settle"},
        {"action": "refund", "charge": "ch_none"},
        {"action": "refund", "charge": "ch_none", "amount": "5"},
        {"action": "settle_refund", "refund": "re_none", "outcome": "fails"},
        {"action": "dispute", "charge": "ch_none", "kind": "lost"},
        {"action": "dispute_move", "dispute": "dp_none", "to": "won"},
        {"action": "x"},
    ],
)
def test_a_wrong_button_says_so(client, db, fields):
    answer = client.post(CONSOLE, fields)
    assert answer.status_code in {400, 404}
    assert 'role="alert"' in text(answer)


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_its_forms_are_guarded() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(CONSOLE, {"action": "stranger"}).status_code == 403
    (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', text(strict.get(CONSOLE)))
    assert strict.post(CONSOLE, {"action": "stranger", "csrfmiddlewaretoken": token}).status_code == 303


def test_a_subscription_is_led_to_its_end_by_buttons(api, press, subscribe):
    subscription = subscribe()
    page = press()
    assert "$20.00 USD every month" in page
    page = press(action="spoil_card", subscription=subscription.id)
    assert "The card will be declined from now on." in page
    page = press(action="advance", seconds="2764800")
    assert "The clock is moved" in page
    assert "past due" in page
    assert "unpaid invoice" in page
    assert "ahead of the real one" in page
    assert "ends 20" in press(action="end_later", subscription=subscription.id)
    assert "The subscription is canceled." in press(action="end_now", subscription=subscription.id)
    assert "This subscription has ended." in press(action="end_by_bank", subscription=subscription.id)
    assert api.v1.subscriptions.retrieve(subscription.id).status == "canceled"
