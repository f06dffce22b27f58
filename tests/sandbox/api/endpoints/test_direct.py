"""Products, prices, cards and intents without a session, asked for by Stripe's own SDK over HTTP."""

from __future__ import annotations

import pytest
import requests
import stripe

from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def price(api: stripe.StripeClient) -> stripe.Price:
    """A mug for 15.00."""
    product = api.v1.products.create({"name": "Mug"})
    return api.v1.prices.create({"product": product.id, "unit_amount": 1500, "currency": "usd"})


def test_a_session_may_sell_what_has_a_price(api, create_session, price):
    session = create_session(line_items=[{"price": price.id, "quantity": 2}])
    assert (session.amount_total, session.currency) == (3000, "usd")
    found = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    (line,) = found.line_items.data
    assert (line.price.id, line.description) == (price.id, "Mug")
    assert api.v1.prices.retrieve(price.id, {"expand": ["product"]}).product.name == "Mug"


def test_a_price_or_product_that_does_not_exist_is_refused(api, create_session):
    with pytest.raises(stripe.InvalidRequestError, match="No such price: 'price_none'"):
        create_session(line_items=[{"price": "price_none", "quantity": 1}])
    with pytest.raises(stripe.InvalidRequestError, match="No such product: 'prod_none'"):
        api.v1.prices.create({"product": "prod_none", "unit_amount": 1500, "currency": "usd"})


def test_an_intent_is_paid_when_it_is_confirmed(api):
    intent = api.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
    assert intent.status == "requires_payment_method"
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        api.v1.payment_intents.confirm(intent.id)
    paid = api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    assert event_types() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    (movement,) = api.v1.balance_transactions.list().data
    assert movement.source == paid.latest_charge
    with pytest.raises(stripe.InvalidRequestError, match="has a status of succeeded"):
        api.v1.payment_intents.confirm(intent.id)


@pytest.mark.parametrize("key", [None, "k"])
def test_a_card_that_is_declined_says_so_and_its_charge_stays(api, key):
    params = {"amount": 2000, "currency": "usd", "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    for _ in range(2 if key else 1):
        with pytest.raises(stripe.CardError) as declined:
            api.v1.payment_intents.create(params, {"idempotency_key": key} if key else {})
        assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
        assert '"status": "requires_payment_method"' in str(declined.value.http_body)
    assert [charge.status for charge in api.v1.charges.list().data] == ["failed"]
    assert event_types() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_a_card_whose_owner_has_to_approve_waits(api):
    params = {"amount": 2000, "currency": "usd", "confirm": True, "payment_method": "pm_card_authenticationRequired"}
    assert api.v1.payment_intents.create(params).status == "requires_action"


def test_an_amount_below_stripes_smallest_is_refused(api):
    with pytest.raises(stripe.InvalidRequestError, match=r"at least \$0.50 USD") as refused:
        api.v1.payment_intents.create({"amount": 49, "currency": "usd"})
    assert refused.value.code == "amount_too_small"


def test_types_of_payment_methods_are_of_older_versions_only(live_server):
    url, key = f"{live_server.url}/sandbox/v1/payment_intents", ("sk_test_1", "")
    form = {"amount": 2000, "currency": "usd", "payment_method_types[]": "card"}
    assert requests.post(url, form, auth=key, timeout=10).status_code == 200
    new = requests.post(url, form, auth=key, timeout=10, headers={"Stripe-Version": "2026-10-28.endive"})
    assert new.json()["error"]["code"] == "parameter_unknown"


def test_the_metadata_of_a_refund_can_be_changed(api, pay_session, charge_of):
    refund = api.v1.refunds.create({"charge": charge_of(pay_session()).id, "metadata": {"a": "1"}})
    assert api.v1.refunds.update(refund.id, {"metadata": {"b": "2"}}).metadata.to_dict() == {"a": "1", "b": "2"}
    assert event_types()[-1] == "refund.updated"
