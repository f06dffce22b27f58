"""`manage.py stripe_check`, against the stand-in."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from donations.models import Donation, StripeEvent
from donations.stripe import client, parsing
from donations.stripe.account import calls, endpoint
from lib import money
from sandbox.models import Event, Record
from sandbox.operator import behaviour

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])

PUBLIC = "https://give.example.org"


@pytest.fixture(autouse=True)
def site(stripe, settings) -> None:
    settings.SITE_URL = PUBLIC


def run(*options: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("stripe_check", *options, stdout=out)
    except SystemExit as stop:
        code = int(str(stop.code))
    return out.getvalue(), code


def test_registered_all_is_good_but_for_what_cannot_be_asked():
    text, code = run("--register")
    assert code == 0
    made = Record.objects.get(kind="webhook_endpoint").body
    assert (made["url"], made["api_version"]) == (f"{PUBLIC}/stripe-webhook/", "2026-10-28.endive")
    assert set(made["enabled_events"]) == parsing.EVENT_TYPES
    assert text.count("whsec_") == 1
    assert [line.partition(":")[0] for line in text.splitlines() if line.startswith(("warning", "error"))] == [
        "warning  receipts"
    ]
    assert "It opens, and offers card, us bank account." in text


def test_without_an_endpoint_it_ends_with_1_and_leaves_nothing_behind(post_event):
    text, code = run()
    assert code == 1
    assert f"No endpoint at Stripe sends to {PUBLIC}/stripe-webhook/" in text
    assert set(Record.objects.filter(kind="checkout.session").values_list("status", flat=True)) == {"expired"}
    assert not Record.objects.filter(kind="refund").exists()
    # The event of the page that was opened and closed: somebody else's, for this site.
    post_event(Event.objects.get(type="checkout.session.expired").body)
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED
    assert not Donation.objects.exists()


def test_a_restricted_key_learns_what_it_lacks_in_one_line_each(settings):
    settings.STRIPE_SECRET_KEY = "rk_test_of_a_small_site_0123456789"
    behaviour.save({"missing_permissions": "payout_read checkout_session_write accounts_kyc_basic_read webhook_read"})
    text, code = run()
    assert code == 1
    assert 'error    permissions: The key lacks "Payouts: Read". → Set "Payouts: Read" in Stripe' in text
    assert 'error    payment page: The key lacks "Checkout Sessions: Write".' in text
    assert 'set "Accounts: Read"' in text
    assert 'set "Webhook Endpoints, Event Destinations: Read"' in text
    assert settings.STRIPE_SECRET_KEY[8:] not in text
    assert all(line.startswith(("ok ", "warning ", "error ")) for line in text.splitlines())


def test_a_key_that_stripe_does_not_know_is_said_and_not_shown(settings):
    settings.STRIPE_SECRET_KEY = "sk_live_of_somebody_else_0123456789"
    text, code = run()
    assert (code, "Stripe does not know this key" in text) == (1, True)
    assert settings.STRIPE_SECRET_KEY[8:] not in text


def test_an_amount_that_stripe_does_not_take_shows_in_the_payment_page(settings, monkeypatch):
    monkeypatch.setattr(money, "least_payable", lambda currency: 1)
    settings.DONATION_MIN = 1
    assert "Stripe opened none (amount_too_small)" in run()[0]


def test_register_puts_an_endpoint_of_ours_right_and_leaves_those_of_others_alone():
    for url in (f"{PUBLIC}/stripe-webhook", "https://shop.example.org/hook"):
        calls.create_webhook_endpoint(url, ["charge.failed"], client.api_version(), "by hand")
    text, code = run("--register")
    assert (code, text.count("whsec_")) == (0, 0)
    ours, shop = Record.objects.filter(kind="webhook_endpoint").order_by("number")
    assert set(ours.body["enabled_events"]) == parsing.EVENT_TYPES
    assert shop.body["enabled_events"] == ["charge.failed"]


def test_register_says_which_permission_it_needs(settings):
    settings.STRIPE_SECRET_KEY = "rk_test_of_a_small_site"
    behaviour.save({"missing_permissions": "webhook_write"})
    with pytest.raises(CommandError, match="Webhook Endpoints, Event Destinations: Write"):
        run("--register")


def test_register_says_that_stripe_cannot_reach_this_machine(settings):
    settings.SITE_URL = "http://localhost:8000"
    with pytest.raises(CommandError, match="URL must be publicly accessible"):
        run("--register")


def test_the_secret_is_in_no_representation():
    assert "whsec_" not in repr(endpoint.register())
