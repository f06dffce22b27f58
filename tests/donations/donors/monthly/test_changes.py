"""A monthly gift in its donor's hands, at the stand-in, with no webhook, no account and no JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.test import Client

from donations.domain.subscription import EndedBy
from donations.models import Donation, LedgerEntry, Subscription
from donations.stripe import client as stripe_client
from donations.stripe import polling
from donations.stripe.errors import UnderWay, told
from donations.stripe.recurring import polling as recurring
from mail.models import Mail
from tests.accounts.conftest import post
from tests.donations.donors.monthly.conftest import control
from tests.donations.donors.monthly.test_links import asked
from tests.donations.giving.donor import SANDBOX

pytestmark = [SANDBOX]
HOUR = 3600


@pytest.fixture
def page(client: Client, at_stripe: Subscription) -> str:
    """The page, opened by a mailed link."""
    return str(client.post(asked(client))["Location"])


def press(client: Client, page: str, do: str, **typed: str):
    """A button of the page, with what its form holds."""
    shown = client.get(page).text
    form = next(each for each in re.findall(r"<form.*?</form>", shown, re.DOTALL) if f'name="do" value="{do}"' in each)
    once = re.search(r'name="once" value="(\w+)"', form)
    assert once
    return client.post(page, {"do": do, "once": once[1]} | typed)


def known() -> dict:
    """The subscription as Stripe has it."""
    return stripe_client.retrieve(Subscription.objects.get().stripe_id)


def renew(stripe: str) -> None:
    at = known()["items"]["data"][0]["current_period_end"] + HOUR + 60
    control(stripe, "/advance", to=at)
    # Two looks within one second cannot tell which of them is the later one.
    with patch.object(polling, "fetch_time", lambda: datetime.fromtimestamp(at, UTC)):
        recurring.fetch(Subscription.objects.get().stripe_id)


def given() -> list[int]:
    return list(LedgerEntry.objects.order_by("happened_at").values_list("amount", flat=True))


def test_two_renewals_then_stopped_by_a_mailed_link_and_nothing_is_charged_any_more(client, at_stripe, stripe):
    renew(stripe)
    renew(stripe)
    assert given() == [2000] * 3
    page = str(client.post(asked(client))["Location"])
    shown = client.get(page).text
    assert "It stops at once: the charge on " in shown
    Mail.objects.all().delete()
    answer = press(client, page, "stop")
    assert "Stopped. Nothing more will be charged" in client.get(answer["Location"]).text
    assert "It has stopped." in client.get(page).text
    subscription = Subscription.objects.get()
    assert (subscription.status, subscription.ended_by) == ("ended", EndedBy.DONOR)
    (letter,) = post()
    assert "Stopped: $20 every month" in letter.subject
    assert "nothing more will be charged" in letter.body
    control(stripe, "/advance", seconds=62 * 86400)
    recurring.fetch(subscription.stripe_id)
    assert given() == [2000] * 3


def test_another_amount_from_the_next_charge_on(client, page, stripe):
    answer = press(client, page, "amount", amount="12.50")
    assert "From the next charge on it will be $12.50." in client.get(answer["Location"]).text
    assert Subscription.objects.get().amount == 1250
    assert given() == [2000], "nothing now"
    renew(stripe)
    assert given() == [2000, 1250]


@pytest.mark.parametrize(
    ("typed", "told"), [("twenty", "Enter an amount"), ("0.10", "The smallest gift is"), ("", "Enter an amount")]
)
def test_an_amount_that_cannot_be_is_said_and_nothing_changes(client, page, typed, told):
    answer = press(client, page, "amount", amount=typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert Subscription.objects.get().amount == 2000


def test_a_pause_leaves_out_as_many_charges_as_were_chosen(client, page, stripe):
    answer = press(client, page, "pause", leave_out="2")
    assert "Paused." in client.get(answer["Location"]).text
    assert "Paused until" in client.get(page).text
    renew(stripe)
    renew(stripe)
    assert given() == [2000]
    renew(stripe)
    assert given() == [2000, 2000]


def test_a_pause_without_end_is_ended_by_hand(client, page, stripe):
    press(client, page, "pause", leave_out="0")
    assert "Paused until you resume." in client.get(page).text
    renew(stripe)
    press(client, page, "resume")
    assert "Next charge: " in client.get(page).text
    renew(stripe)
    assert given() == [2000, 2000]


@pytest.mark.parametrize("way", ["dashboard", "portal"])
def test_an_end_that_was_decided_in_stripes_dashboard_is_taken_back(client, page, stripe, way):
    name = Subscription.objects.get().stripe_id
    if way == "dashboard":
        control(stripe, "/cancel_subscription", subscription=name, at_period_end="true")
    else:
        with stripe_client.connected() as services:
            services.subscriptions.update(name, {"cancel_at": known()["items"]["data"][0]["current_period_end"]})
    with patch.object(polling, "fetch_time", lambda: datetime.now(UTC) + timedelta(seconds=5)):
        recurring.fetch(name)
    assert "It ends on " in client.get(page).text
    with patch.object(polling, "fetch_time", lambda: datetime.now(UTC) + timedelta(seconds=9)):
        answer = press(client, page, "keep")
    assert "It goes on." in client.get(answer["Location"]).text
    assert Subscription.objects.get().status == "active"
    assert (known()["cancel_at"], known()["cancel_at_period_end"]) == (None, False)
    renew(stripe)
    assert given() == [2000, 2000]


def test_the_card_is_changed_on_stripe_s_page_which_leads_back(client, page, stripe):
    control(stripe, "/change_card", subscription=Subscription.objects.get().stripe_id, number="4000000000000341")
    for _ in range(2):
        answer = press(client, page, "card")
        assert answer.status_code == 303
        assert "/portal/" in answer["Location"]
    with stripe_client.connected() as services:
        made = stripe_client.as_dict(services.billing_portal.configurations.list())["data"]
    assert len(made) == 1, "one configuration, however often it is opened"


def test_a_charge_that_failed_is_paid_on_stripe_s_page_and_the_gift_goes_on(client, page, stripe):
    name = Subscription.objects.get().stripe_id
    control(stripe, "/change_card", subscription=name, number="4000000000000341")
    renew(stripe)
    shown = client.get(page).text
    assert "The last charge failed. Stripe will try your card again" in shown
    assert "Pay $20.00 on Stripe’s page" in shown
    answer = press(client, page, "pay")
    assert answer.status_code == 303
    assert answer["Location"] == stripe_client.retrieve(known()["latest_invoice"])["hosted_invoice_url"]
    control(stripe, "/change_card", subscription=name, number="4242424242424242")
    with stripe_client.connected() as services:
        services.invoices.pay(known()["latest_invoice"])
    told = client.get(client.post(page, {"do": "pay"})["Location"]).text
    assert "Nothing is due now." in told
    assert given() == [2000, 2000]


def test_a_form_sent_twice_is_one_change(client, page):
    for _ in range(2):
        client.post(page, {"do": "stop", "once": "0123456789abcdef"})
    assert Subscription.objects.get().status == "ended"


def test_a_page_of_before_sent_again_after_another_change_is_a_change(client, page):
    for typed in ("30", "25", "30"):
        client.post(page, {"do": "amount", "once": "0123456789abcdef", "amount": typed})
    assert Subscription.objects.get().amount == 3000
    assert known()["items"]["data"][0]["price"]["unit_amount"] == 3000


def test_the_second_click_of_two_waits_for_the_first(client, page, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("donations.donors.monthly.views.time.sleep", waited.append)
    answers = iter([UnderWay("409"), UnderWay("409"), None])

    def stop(*_, **__):
        if error := next(answers):
            raise error

    monkeypatch.setattr("donations.donors.monthly.views.changes.stop", stop)
    answer = press(client, page, "stop")
    assert "Stopped." in client.get(answer["Location"]).text
    assert waited == [1, 1]


def test_a_call_of_the_same_key_that_still_runs_is_told_apart():
    assert isinstance(told(409, "idempotency_key_in_use", ""), UnderWay)


def test_what_was_ended_elsewhere_meanwhile_is_shown_as_it_is(client, page, stripe):
    control(stripe, "/cancel_subscription", subscription=Subscription.objects.get().stripe_id, by="dashboard")
    press(client, page, "stop")
    assert "It has stopped." in client.get(page).text


def test_stripe_that_does_not_answer_is_said_and_the_same_form_is_the_same_change(client, page, stripe):
    control(stripe, fault="429", fault_calls="POST subscriptions", fault_rate=100)
    answer = press(client, page, "amount", amount="30")
    assert answer.status_code == 503
    assert "couldn’t reach Stripe" in answer.text
    control(stripe, fault="")
    once = re.search(r'name="once" value="(\w+)"', answer.text)
    assert once
    client.post(page, {"do": "amount", "once": once[1], "amount": "30"})
    assert Subscription.objects.get().amount == 3000


def test_what_stripe_refuses_is_said(client, page, stripe):
    control(stripe, fault="500", fault_calls="POST subscriptions", fault_rate=100)
    answer = press(client, page, "pause", leave_out="1")
    assert answer.status_code == 502
    assert "so nothing was changed." in answer.text
    assert Subscription.objects.get().status == "active"


@pytest.mark.parametrize(
    "sent", [{}, {"do": "erase"}, {"do": "stop", "once": "<b>"}, {"do": "pause", "leave_out": "99"}]
)
def test_what_no_button_sends_changes_nothing(client, page, sent):
    assert client.post(page, sent).status_code == 422
    assert Subscription.objects.get().status == "active"
    assert Donation.objects.count() == 1
