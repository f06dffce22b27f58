"""Giving monthly: what the page promises, what Stripe is asked for, and that nobody gives twice unasked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from donations.domain.subscription import SubscriptionStatus
from donations.giving.claims import Order, fingerprint
from donations.models import Donation, Subscription
from donations.stripe import client as stripes
from donations.stripe import polling
from mail import outbox, registry
from tests.donations.giving.donor import SANDBOX, give
from tests.donations.stripe.test_polling import pay

CREATE = "/api/donations/create-checkout-session/"
Make = Callable[..., Donation]


def forms(page: str) -> list[str]:
    return re.findall(r"<form.*?</form>", page, re.DOTALL)


def test_once_is_selected_and_each_button_says_how_often_it_takes(client: Client, db: None) -> None:
    page = client.get("/donate").content.decode()
    assert re.findall(r'value="(\w+)" checked', page) == ["once"]
    for every, button in [("once", "Donate 20 US dollars"), ("monthly", "Donate 20 US dollars every month"),
                          ("yearly", "Donate 20 US dollars every year")]:  # fmt: skip
        (form,) = [form for form in forms(page) if f'aria-label="{button}"' in form]
        assert f'name="frequency" value="{every}"' in form
    assert "Charged today, then every month until you stop it" in page


def test_a_link_chooses_and_a_form_that_comes_back_keeps_its_choice(client: Client, db: None) -> None:
    assert 'value="yearly" checked' in client.get("/donate?frequency=yearly").content.decode()
    assert 'value="once" checked' in client.get("/donate?frequency=hourly").content.decode()
    back = give(client, "other", other_amount="nothing", frequency="monthly")
    assert back.status_code == 422
    assert 'value="monthly" checked' in back.content.decode()


@SANDBOX
@pytest.mark.parametrize(("frequency", "interval"), [("monthly", "month"), ("yearly", "year")])
def test_stripe_is_asked_for_a_subscription_that_names_the_gift(
    client: Client, stripe: str, frequency: str, interval: str
) -> None:
    assert give(client, "20", frequency=frequency).status_code == 303
    donation = Donation.objects.get()
    page = stripes.retrieve(donation.session_id)
    assert (page["mode"], page["amount_total"]) == ("subscription", 2000)
    pay(donation)
    begun = stripes.retrieve(stripes.retrieve(donation.session_id)["subscription"])
    assert begun["items"]["data"][0]["price"]["recurring"]["interval"] == interval
    assert begun["metadata"]["tincup_donation"] == str(donation.uuid)
    assert {"tincup_site", "tincup_site_id"} < begun["metadata"].keys()


@SANDBOX
def test_the_page_after_paying_and_the_receipt_say_that_it_comes_again(client: Client, stripe: str) -> None:
    give(client, "20", frequency="monthly")
    donation = Donation.objects.get()
    pay(donation)
    page = " ".join(client.get("/success", {"session_id": donation.session_id}).content.decode().split())
    assert "Your $20 arrived. You give it every month; your card is next charged on" in page
    outbox.send_due(registry.compose)
    assert any("You give it every month." in letter.body for letter in mail.outbox)


@SANDBOX
def test_a_program_may_say_how_often(client: Client, stripe: str) -> None:
    answer = client.post(CREATE, {"amount": 20, "frequency": "monthly"}, content_type="application/json")
    assert answer.status_code == 200
    assert Donation.objects.get().frequency == "monthly"
    assert client.post(CREATE, {"amount": 20}, content_type="application/json").status_code == 200
    assert Donation.objects.latest("pk").frequency == "once"


@pytest.mark.parametrize(
    ("frequency", "status", "code"), [("hourly", 422, "frequency_invalid_choice"), (1, 400, "frequency_malformed")]
)
def test_a_program_that_says_it_wrong_is_told(client: Client, db: None, frequency: Any, status: int, code: str) -> None:
    answer = client.post(CREATE, {"amount": 20, "frequency": frequency}, content_type="application/json")
    error = json.loads(answer.content)["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert status == 400 or error["message"] == "Choose how often: “once”, “monthly” or “yearly”."
    assert not Donation.objects.exists()


def test_how_often_is_part_of_what_makes_a_form_the_same() -> None:
    assert fingerprint(Order(2000, "usd"), "t") != fingerprint(Order(2000, "usd", frequency="monthly"), "t")


# --- Who gives monthly already ----------------------------------------------------------------------------------------


def gives(donation: Donation, **fields: Any) -> Subscription:
    known = {"status": SubscriptionStatus.ACTIVE.value, "amount": 2000, "currency": "usd"} | fields
    subscription = Subscription.objects.create(
        uuid=donation.uuid, stripe_id=f"sub_{donation.pk}", created_at=timezone.now() - timedelta(days=9), **known
    )
    Donation.objects.filter(pk=donation.pk).update(subscription=subscription, frequency="monthly")
    return subscription


@SANDBOX
def test_the_same_browser_is_told_before_a_second_one_and_may_go_on(client: Client, stripe: str) -> None:
    give(client, "20", frequency="monthly", token="first")
    gives(Donation.objects.get())
    asked = give(client, "50", frequency="monthly", token="second", message="Go on!")
    page = " ".join(asked.content.decode().split())
    assert asked.status_code == 200
    assert "You already give $20 every month." in page
    assert "Donate $50 every month as well" in page
    assert Donation.objects.count() == 1
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.content.decode()))
    assert fields["message"] == "Go on!"
    assert client.post("/donate", fields | {"amount": "50"}).status_code == 303
    assert Donation.objects.latest("pk").frequency == "monthly"


@SANDBOX
def test_what_ends_soon_keeps_nobody_from_beginning_anew(client: Client, stripe: str) -> None:
    give(client, "20", frequency="monthly", token="first")
    gives(Donation.objects.get(), status=SubscriptionStatus.ENDING.value)
    assert give(client, "20", frequency="monthly", token="second").status_code == 303


@SANDBOX
def test_a_gift_for_once_is_never_asked_about(client: Client, stripe: str) -> None:
    give(client, "20", frequency="monthly", token="first")
    gives(Donation.objects.get())
    assert give(client, "20", token="second").status_code == 303


@SANDBOX
def test_an_account_is_told_and_a_stranger_with_its_address_is_not(
    client: Client, stripe: str, make_donation: Make, django_user_model: Any
) -> None:
    ada = django_user_model.objects.create_user("ada@example.org", "a long password")
    gives(make_donation(user=ada, email="ada@example.org"))
    assert give(client, "20", frequency="monthly", email="ada@example.org").status_code == 303
    client.force_login(ada)
    assert b"You already give $20 every month" in give(client, "20", frequency="monthly", token="hers").content


@SANDBOX
@pytest.mark.parametrize("status", [SubscriptionStatus.ENDED, SubscriptionStatus.NEVER_BEGAN])
def test_what_is_over_is_no_reason_to_ask(client: Client, stripe: str, status: SubscriptionStatus) -> None:
    give(client, "20", frequency="monthly", token="first")
    gives(Donation.objects.get(), status=status.value)
    assert give(client, "20", frequency="monthly", token="second").status_code == 303


@SANDBOX
def test_leaving_stripes_page_keeps_how_often(client: Client, stripe: str) -> None:
    give(client, "20", frequency="monthly")
    donation = Donation.objects.get()
    page = " ".join(client.get("/cancel", {"gift": str(donation.uuid)}).content.decode().split())
    assert "Go back and donate $20 every month" in page
    assert "/donate?frequency=monthly&amp;amount=20" in page
    polling.poll(donation)
    assert donation.status == "pending"
