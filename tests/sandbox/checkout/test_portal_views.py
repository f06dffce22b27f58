"""The billing portal and the invoice's page: what a customer does there without the site."""

from __future__ import annotations

import pytest
import stripe

from sandbox.engine.recurring import portal
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

CARD = {"number": "5555 5555 5555 4444", "exp": "12/40", "cvc": "123"}
BACK = "https://site.example/account"


@pytest.fixture
def configuration(api):
    """Makes a configuration with both things that the portal can do."""

    def make(mode="at_period_end", **features):
        reasons = {"enabled": True, "options": ["too_expensive", "other"]}
        offered = {
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": mode, "cancellation_reason": reasons},
            **features,
        }
        return api.v1.billing_portal.configurations.create({"features": offered}).id

    return make


@pytest.fixture
def visit(api, configuration):
    """Opens the portal for a subscription's customer; returns the path of its page."""

    def open_portal(subscription, configured=None, **params):
        session = api.v1.billing_portal.sessions.create(
            {
                "customer": subscription.customer,
                "configuration": configured or configuration(),
                "return_url": BACK,
                **params,
            }
        )
        return session.url[session.url.index("/sandbox/") :]

    return open_portal


def read(answer) -> str:
    return str(answer.content.decode())


def test_the_portal_shows_the_subscription_and_the_way_back(client, subscribe, visit):
    answer = client.get(visit(subscribe()))
    page = read(answer)
    assert "$20.00 USD every month" in page
    assert "visa that ends in 4242" in page
    assert f'href="{BACK}"' in page
    assert "too expensive" in page
    assert "<script" not in page
    assert "form-action 'self' https://site.example" in answer["Content-Security-Policy"]


def test_another_card_pays_from_then_on(api, client, subscribe, visit, control):
    subscription = subscribe()
    path = visit(subscription)
    page = read(client.post(path, {**CARD, "action": "card"}, follow=True))
    assert "The card is changed." in page
    assert "mastercard that ends in 4444" in page
    changed = api.v1.subscriptions.retrieve(subscription.id, {"expand": ["default_payment_method", "customer"]})
    assert changed.default_payment_method.card.last4 == "4444"
    assert changed.customer.invoice_settings.default_payment_method == changed.default_payment_method.id
    assert event_types()[-3:] == ["payment_method.attached", "customer.updated", "customer.subscription.updated"]
    control("/advance", seconds=32 * 24 * 3600)
    assert api.v1.charges.list({"limit": 1}).data[0].payment_method_details.card.last4 == "4444"


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"number": "4000000000000002"}, "Your card was declined."), ({"exp": "soon"}, "expiration date is incomplete")],
)
def test_a_card_that_does_not_work_changes_nothing(api, client, subscribe, visit, typed, said):
    subscription = subscribe()
    answer = client.post(visit(subscription), {**CARD, **typed, "action": "card"})
    assert answer.status_code == 402
    assert said in read(answer)
    kept = api.v1.subscriptions.retrieve(subscription.id)
    assert kept.default_payment_method == subscription.default_payment_method


def test_a_cancellation_sets_a_date_alone_and_can_be_taken_back(api, client, subscribe, visit):
    subscription = subscribe()
    path = visit(subscription)
    asked = {"action": "cancel", "subscription": subscription.id, "feedback": "too_expensive"}
    assert "Do not cancel it" in read(client.post(path, asked, follow=True))
    ending = api.v1.subscriptions.retrieve(subscription.id)
    assert ending.cancel_at == subscription["items"].data[0].current_period_end
    # As Stripe's portal does in flexible billing: who looks at this field alone misses it.
    assert ending.cancel_at_period_end is False
    assert ending.cancellation_details.feedback == "too_expensive"
    client.post(path, {"action": "keep", "subscription": subscription.id})
    assert api.v1.subscriptions.retrieve(subscription.id).cancel_at is None


def test_it_may_end_at_once(api, client, subscribe, visit, configuration):
    subscription = subscribe()
    path = visit(subscription, configuration(mode="immediately"))
    assert "None that runs." in read(
        client.post(path, {"action": "cancel", "subscription": subscription.id}, follow=True)
    )
    assert api.v1.subscriptions.retrieve(subscription.id).status == "canceled"
    assert client.post(path, {"action": "cancel", "subscription": subscription.id}).status_code == 409


def test_a_flow_shows_one_thing_and_leads_back_when_it_is_done(client, subscribe, visit):
    after = {"type": "redirect", "redirect": {"return_url": f"{BACK}?card=changed"}}
    path = visit(subscribe(), flow_data={"type": "payment_method_update", "after_completion": after})
    page = read(client.get(path))
    assert "Use this card" in page
    assert "Cancel subscription" not in page
    answer = client.post(path, {**CARD, "action": "card"})
    assert (answer.status_code, answer["Location"]) == (303, f"{BACK}?card=changed")


def test_a_flow_about_a_subscription_names_one_of_the_customers(api, subscribe, visit):
    mine, foreign = subscribe(), subscribe()
    visit(mine, flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": mine.id}})
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        visit(mine, flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": foreign.id}})


def test_what_is_not_offered_cannot_be_done(api, client, subscribe, visit, configuration):
    subscription = subscribe()
    path = visit(subscription, configuration(subscription_cancel={"enabled": False}))
    assert client.post(path, {"action": "cancel", "subscription": subscription.id}).status_code == 400
    assert api.v1.subscriptions.retrieve(subscription.id).cancel_at is None


def test_without_a_configuration_there_is_no_portal(api, subscribe):
    with pytest.raises(stripe.InvalidRequestError, match="No configuration provided"):
        api.v1.billing_portal.sessions.create({"customer": subscribe().customer})


def test_its_address_works_for_a_while(client, subscribe, visit, control):
    path = visit(subscribe())
    control("/advance", seconds=portal.LIFETIME + 1)
    assert client.get(path).status_code == 404
    assert client.get("/sandbox/portal/guessed").status_code == 404


def test_an_open_invoice_is_paid_on_its_page(api, client, subscribe, visit, control):
    subscription = subscribe("4000000000000341")
    control("/advance", seconds=32 * 24 * 3600)
    (owed,) = api.v1.invoices.list({"status": "open"}).data
    path = owed.hosted_invoice_url[owed.hosted_invoice_url.index("/sandbox/") :]
    assert path in read(client.get(visit(subscription)))
    assert client.post(path, {**CARD, "number": "4000000000009995"}).status_code == 402
    assert api.v1.invoices.retrieve(owed.id).attempt_count == 1
    assert "It is paid." in read(client.post(path, CARD, follow=True))
    assert api.v1.subscriptions.retrieve(subscription.id).status == "active"
    client.post(path, CARD)
    assert len(api.v1.charges.list({"customer": subscription.customer}).data) == 4


def test_a_card_that_asks_pays_an_invoice_once_it_is_approved(api, client, subscribe, control):
    subscribe("4000000000000341")
    control("/advance", seconds=32 * 24 * 3600)
    (owed,) = api.v1.invoices.list({"status": "open"}).data
    path = owed.hosted_invoice_url[owed.hosted_invoice_url.index("/sandbox/") :]
    asked = {**CARD, "number": "4000002500003155"}
    assert "Is it you?" in read(client.post(path, asked, follow=True))
    assert "was not approved" in read(client.post(path, {"refuse": "1"}))
    client.post(path, asked)
    client.post(path, {"approve": "1"})
    assert api.v1.invoices.retrieve(owed.id).status == "paid"
    assert client.get("/sandbox/invoices/in_none").status_code == 404
