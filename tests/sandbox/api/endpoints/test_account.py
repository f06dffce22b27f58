"""The account and its webhook endpoints, asked for by Stripe's own SDK over HTTP."""

from __future__ import annotations

import pytest
import stripe

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

ENDPOINT = {"url": "https://give.example.org/stripe-webhook/", "enabled_events": ["charge.failed", "charge.updated"]}


def test_the_account_says_its_currency_and_when_it_pays_out(api, control):
    account = api.v1.accounts.retrieve_current()
    assert (account.default_currency, account.charges_enabled, account.payouts_enabled) == ("usd", True, True)
    assert account.settings.payouts.schedule.interval == "daily"
    control(settlement="eur")
    assert api.v1.accounts.retrieve_current().default_currency == "eur"


def test_a_new_endpoint_shows_its_secret_once(api):
    made = api.v1.webhook_endpoints.create({**ENDPOINT, "api_version": "2026-10-28.endive"})
    assert made.secret.startswith("whsec_")
    (listed,) = api.v1.webhook_endpoints.list().data
    assert (listed.id, listed.status, listed.api_version) == (made.id, "enabled", "2026-10-28.endive")
    assert "secret" not in listed
    assert "secret" not in api.v1.webhook_endpoints.retrieve(made.id)


def test_an_endpoint_is_changed_but_for_its_version(api):
    made = api.v1.webhook_endpoints.create(ENDPOINT)
    changed = api.v1.webhook_endpoints.update(made.id, {"enabled_events": ["charge.failed"], "disabled": True})
    assert (changed.enabled_events, changed.status) == (["charge.failed"], "disabled")
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        api.v1.webhook_endpoints.update(made.id, {"api_version": "2026-10-28.endive"})


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "192.168.0.7", "printer.local", "[::1]:8000"])
def test_an_address_that_stripe_cannot_reach_is_refused(api, host):
    with pytest.raises(stripe.InvalidRequestError, match="URL must be publicly accessible") as refused:
        api.v1.webhook_endpoints.create({**ENDPOINT, "url": f"http://{host}/stripe-webhook/"})
    assert (refused.value.code, refused.value.param) == ("url_invalid", "url")


def test_a_key_that_names_another_account_opens_that_one_alone(api, pay_session, live_server):
    session = pay_session()
    other = stripe.StripeClient("sk_test_at_Second_1", base_addresses={"api": f"{live_server.url}/sandbox"})
    assert api.v1.accounts.retrieve_current().id != other.v1.accounts.retrieve_current().id
    for kind in ("checkout.sessions", "payment_intents", "charges", "balance_transactions", "events"):
        services = [api.v1, other.v1]
        for step in kind.split("."):
            services = [getattr(each, step) for each in services]
        assert [bool(each.list().data) for each in services] == [True, False], kind
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout\.session") as missing:
        other.v1.checkout.sessions.retrieve(session.id)
    assert missing.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        other.v1.refunds.create({"payment_intent": api.v1.payment_intents.list().data[0].id})
