"""The objects carry every key that Stripe's own examples carry, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.models import Event, Record
from sandbox.objects import account
from tests.sandbox.conftest import monthly_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

# Gone since 2025-09-30.clover; shown only when expanded.
GONE = {"checkout.session": {"currency_conversion"}, "charge": {"refunds"}}
# In the examples from another version of the API or only of another kind of payment.
OURS = {"charge": {"outcome": {"risk_level"}}, "dispute": {"evidence_details": {"submission_method"}}}


def example(kind: str) -> dict[str, Any]:
    text = (Path(__file__).parent / f"{kind}.json").read_text()
    return {key: value for key, value in json.loads(text).items() if key not in GONE.get(kind, set())}


def differences(ours: Any, theirs: Any, extra: dict[str, set[str]]) -> dict[str, set[str]]:
    """Keys that differ, in the object and in each hash that both fill."""
    found = {"": set(ours) ^ set(theirs)}
    for key in set(ours) & set(theirs):
        if isinstance(ours[key], dict) and isinstance(theirs[key], dict) and key not in {"metadata", "data"}:
            found[key] = (set(ours[key]) ^ set(theirs[key])) - extra.get(key, set())
    return {key: names for key, names in found.items() if names}


@pytest.fixture
def objects(api, create_session, pay, client, control) -> None:
    """Objects of every kind in several states."""
    pay(create_session().id)
    pay(create_session().id, "4000000000000002")
    pay(create_session().id, "4000002760003184")
    client.post(f"/sandbox/pay/{create_session().id}", {"bank": "settles", "email": "a@b.example"})
    create_session()
    for number, kind in (("4000000000007726", "inquiry"), ("4242424242424242", "chargeback")):
        session = create_session()
        pay(session.id, number)
        control("/refund", session=session.id, amount=100)
        control("/dispute", session=session.id, kind=kind, amount=100)
    control("/payout")
    pay(create_session().id)
    api.v1.balance_transactions.list()


@pytest.mark.parametrize("kind", ["checkout.session", "payment_intent", "charge", "balance_transaction"])
def test_an_object_has_the_keys_of_stripes_example(objects, kind):
    records = Record.objects.filter(kind=kind)
    assert len({record.status for record in records}) > 1
    skip = {"payment_method_details", "payment_method_options", "next_action", "last_payment_error", "amount_details"}
    for record in records:
        found = differences(record.body, example(kind), OURS.get(kind, {}))
        assert {key: names for key, names in found.items() if key not in skip} == {}


@pytest.mark.parametrize("kind", ["refund", "dispute", "payout"])
def test_an_object_about_money_has_the_keys_of_stripes_example(objects, kind):
    records = Record.objects.filter(kind=kind)
    assert records
    for record in records:
        ours = {key: value for key, value in record.body.items() if (kind, key) != ("refund", "pending_reason")}
        assert differences(ours, example(kind), OURS.get(kind, {})) == {}


def test_the_account_and_its_endpoints_have_the_keys_of_stripes_examples(api):
    assert differences(account.build("usd"), example("account"), {}) == {}
    made = api.v1.webhook_endpoints.create({"url": "https://a.example/", "enabled_events": ["charge.failed"]})
    assert differences(Record.objects.get(stripe_id=made.id).body, example("webhook_endpoint"), {}) == {}


def test_what_a_program_sells_has_the_keys_of_stripes_examples(api):
    product = api.v1.products.create({"name": "Mug"})
    api.v1.prices.create({"product": product.id, "unit_amount": 1500, "currency": "usd"})
    api.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    for kind in ("product", "price", "payment_method"):
        assert differences(Record.objects.get(kind=kind).body, example(kind), {}) == {}


# Gone since 2025-03-31.basil, or newer than the examples.
NOT_OURS = {"invoice": {"subscription"}, "subscription": {"status_details"}}
# In the examples these carry every kind of payment, and ours one.
SOME = {"parent", "payment", "payment_settings"}


@pytest.mark.parametrize("kind", ["customer", "subscription", "invoice", "invoice_payment"])
def test_what_is_paid_again_and_again_has_the_keys_of_stripes_examples(subscribe, pay, api, kind):
    subscribe()
    pay(api.v1.checkout.sessions.create(monthly_params()).id, "4000000000000002")
    for record in Record.objects.filter(kind=kind):
        found = differences(record.body, example(kind), {})
        found[""] = found.get("", set()) - NOT_OURS.get(kind, set())
        assert {key: names for key, names in found.items() if names and key not in SOME} == {}


def test_a_subscriptions_item_and_an_invoices_line_have_the_keys_of_stripes_examples(subscribe):
    item = subscribe().to_dict()["items"]["data"][0]
    assert differences(item, example("subscription_item"), {}) == {}
    line = Record.objects.get(kind="invoice").body["lines"]["data"][0]
    found = differences(line, example("invoice")["lines"]["data"][0], {})
    # The example's line is of no price.
    assert found == {"pricing": {"price_details"}}


def test_a_subscriptions_session_payment_and_charge_have_the_keys_of_stripes_examples(subscribe):
    subscribe()
    for kind in ("checkout.session", "payment_intent", "charge"):
        assert differences(Record.objects.get(kind=kind).body, example(kind), {}).get("") is None


def test_the_billing_portal_has_the_keys_of_stripes_examples(api, subscribe):
    features = {"payment_method_update": {"enabled": True}, "subscription_cancel": {"enabled": True}}
    configuration = api.v1.billing_portal.configurations.create({"features": features})
    found = differences(configuration.to_dict(), example("billing_portal.configuration"), {})
    # Newer than the example.
    assert found == {"features": {"subscription_pause"}}
    subscription = subscribe()
    flow = {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription.id}}
    params = {"customer": subscription.customer, "configuration": configuration.id, "flow_data": flow}
    session = api.v1.billing_portal.sessions.create(params).to_dict()
    found = differences(session, example("billing_portal.session"), {})
    assert found == {"": {"after_expiration"}, "flow": {"customer_update", "subscription_pause"}}


def test_a_dispute_of_a_bank_payment_does_not_tell_its_bank(api, create_session, client, control):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "a@b.example"})
    control("/settle", session=session.id, outcome="settles")
    control("/dispute", session=session.id, kind="chargeback")
    (dispute,) = api.v1.disputes.list().data
    assert dispute.payment_method_details.to_dict() == {"type": "us_bank_account"}
    assert dispute.evidence_details.submission_method == "not_submitted"


def test_a_dispute_carries_whole_balance_transactions(objects):
    (entry,) = Record.objects.get(kind="dispute", status="needs_response").body["balance_transactions"]
    assert differences(entry, example("balance_transaction"), {}) == {}
    (fee,) = entry["fee_details"]
    assert fee.keys() == {"amount", "application", "currency", "description", "type"}


def test_a_card_charge_details_its_card_as_stripe_does(objects):
    charge = Record.objects.filter(kind="charge").order_by("number")[0]
    ours, theirs = charge.body["payment_method_details"]["card"], example("charge")["payment_method_details"]["card"]
    assert differences(ours, theirs, {}) == {}


def test_an_event_has_the_keys_of_stripes_example(objects):
    for event in Event.objects.all():
        updated = "previous_attributes" in event.body["data"]
        assert updated == event.type.endswith(".updated")
        assert differences(event.body, example("event"), {}) == {}


def test_a_line_item_has_the_keys_of_stripes_example(objects):
    line = Record.objects.filter(kind="checkout.session")[0].hidden["line_items"][0]
    assert differences(line, example("item"), {}) == {}


def test_ids_have_stripes_length(objects):
    kinds = "checkout.session payment_intent charge refund dispute balance_transaction payout"
    for kind in kinds.split():
        official = example(kind)["id"]
        cards = [
            record.stripe_id for record in Record.objects.filter(kind=kind) if record.stripe_id[:2] == official[:2]
        ]
        assert {len(id) for id in cards} == {len(official)}
    assert {len(event.stripe_id) for event in Event.objects.all()} == {len(example("event")["id"])}
