"""The operator's page: it shows what happened, and its buttons work without a script."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from sandbox import sending
from sandbox.models import Behaviour, Event

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

CONSOLE = "/sandbox/"
MOOD = {"action": "mood", "delivery": "late", "delay": "5", "release": "dahlia", "bank_delay": "9", "shuffled": "on"}


def text(response):
    return response.content.decode()


def test_an_empty_console_says_what_it_is(client, db):
    page = text(client.get(CONSOLE))
    assert "no real money moves" in page
    assert "None yet." in page
    assert "4242 4242 4242 4242" in page
    assert "<script" not in page


def test_it_lists_sessions_with_their_state_and_pay_page(client, opened, pay):
    paid, open_ = opened(), opened()
    pay(paid.id)
    page = text(client.get(CONSOLE))
    assert "complete, paid" in page
    assert "open, unpaid" in page
    assert f'href="/sandbox/pay/{open_.id}"' in page
    assert f'href="/sandbox/pay/{paid.id}"' not in page


def test_it_tells_how_each_event_fares(client, receiver, api, opened):
    for _ in range(3):
        api.v1.checkout.sessions.expire(opened().id)
    receiver.answers = [200, 500]
    sending.send_one()
    sending.send_one()
    page = text(client.get(CONSOLE))
    for state in ("delivered", "refused (500), will try again", "on its way"):
        assert page.count(f">{state}<") == 1


def test_a_lost_event_is_resent_by_its_button(client, receiver, control, opened, api):
    control(delivery="lost")
    api.v1.checkout.sessions.expire(opened().id)
    event = Event.objects.get()
    page = text(client.get(CONSOLE))
    assert ">lost<" in page
    assert f'value="{event.stripe_id}"' in page
    answer = client.post(CONSOLE, {"action": "resend", "event": event.stripe_id}, follow=True)
    assert "on its way again" in text(answer)
    sending.send_one()
    assert receiver.types() == ["checkout.session.expired"]


def test_all_that_never_arrived_is_resent(client, control, receiver):
    control(delivery="lost")
    control("/stranger")
    client.post(CONSOLE, {"action": "resend_undelivered"})
    while sending.send_one():
        pass
    assert len(receiver.heard) == 3


@pytest.mark.parametrize(("outcome", "state"), [("settles", "complete, paid"), ("fails", "the bank refused")])
def test_a_pending_bank_payment_has_its_buttons(client, opened, outcome, state):
    session = opened()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert 'value="settle"' in text(client.get(CONSOLE))
    after = text(client.post(CONSOLE, {"action": "settle", "session": session.id, "outcome": outcome}, follow=True))
    assert state in after
    assert 'value="settle"' not in after


def test_a_stranger_pays(client, db):
    page = text(client.post(CONSOLE, {"action": "stranger"}, follow=True))
    assert "A stranger has paid" in page
    assert "$15.00 USD" in page


def test_the_mood_is_set_and_shown(client, db):
    page = text(client.post(CONSOLE, MOOD, follow=True))
    mood = Behaviour.current()
    assert (mood.delivery, mood.delay, mood.release, mood.bank_delay) == ("late", 5, "dahlia", 9)
    assert (mood.shuffled, mood.doubled, mood.two_ids) == (True, False, False)
    assert '<option value="late" selected>' in page


def test_a_wrong_mood_is_refused_beside_its_field(client, db):
    answer = client.post(CONSOLE, {**MOOD, "delay": "soon"})
    assert answer.status_code == 422
    assert 'aria-describedby="id_delay_error"' in text(answer)
    assert not Behaviour.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"action": "resend", "event": "evt_none"}, {"action": "settle"}, {"action": "x"}]
)
def test_a_wrong_button_says_so(client, db, fields):
    answer = client.post(CONSOLE, fields)
    assert answer.status_code in {400, 404}
    assert 'role="alert"' in text(answer)


def test_its_forms_are_guarded(db):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(CONSOLE, {"action": "stranger"}).status_code == 403
    (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', text(strict.get(CONSOLE)))
    assert strict.post(CONSOLE, {"action": "stranger", "csrfmiddlewaretoken": token}).status_code == 303
