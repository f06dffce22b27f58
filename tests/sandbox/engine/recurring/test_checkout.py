"""A session that begins a subscription: what its first payment makes, and what a decline leaves behind."""

from __future__ import annotations

import pytest
import stripe

from sandbox.models import Delivery, Event, Record
from tests.sandbox.conftest import event_types, monthly_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

DECLINED = "4000000000000002"
ASKS = "4000002500003155"


@pytest.fixture
def begin(api):
    """Creates a session that begins a subscription."""
    return lambda **extra: api.v1.checkout.sessions.create(monthly_params(**extra))


def test_the_first_payment_makes_a_subscription_with_a_paid_invoice(api, begin, pay):
    session = begin()
    assert (session.mode, session.subscription, session.invoice, session.customer) == ("subscription", None, None, None)
    pay(session.id)
    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "customer"]})
    assert (paid.status, paid.payment_status, paid.payment_intent) == ("complete", "paid", None)
    assert paid.customer.email == "ada@example.com"
    subscription = paid.subscription
    invoice = api.v1.invoices.retrieve(paid.invoice, {"expand": ["payments.data.payment.payment_intent"]})
    assert (subscription.status, subscription.metadata["donation"]) == ("active", "R-1")
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 2000, "subscription_create")
    details = invoice.parent.subscription_details
    assert (details.subscription, details.metadata["donation"]) == (subscription.id, "R-1")
    intent = invoice.payments.data[0].payment.payment_intent
    assert (intent.status, intent.customer, intent.to_dict()["metadata"]) == ("succeeded", paid.customer.id, {})
    assert api.v1.charges.retrieve(intent.latest_charge).customer == paid.customer.id
    assert not {"invoice", "subscription"} & intent.to_dict().keys()
    found = api.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent.id}})
    assert [each.invoice for each in found.data] == [invoice.id]


def test_its_events_come_in_the_order_of_their_causes_and_only_some_are_delivered(subscribe):
    subscribe()
    assert event_types() == [
        "product.created",
        "price.created",
        "customer.created",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "payment_intent.created",
        "payment_method.attached",
        "charge.succeeded",
        "payment_intent.succeeded",
        "customer.subscription.updated",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "checkout.session.completed",
    ]
    delivered = set(Delivery.objects.values_list("event__type", flat=True))
    assert delivered == {
        "customer.subscription.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "customer.subscription.updated",
        "invoice.paid",
        "checkout.session.completed",
    }
    assert not Event.objects.filter(type="invoice.created", delivered=False).exists()


def test_a_declined_card_leaves_a_subscription_that_another_card_can_complete(api, begin, pay):
    session = begin()
    assert pay(session.id, DECLINED).status_code == 402
    (waiting,) = api.v1.subscriptions.list().data
    assert waiting.status == "incomplete"
    (invoice,) = api.v1.invoices.list({"subscription": waiting.id}).data
    assert (invoice.status, invoice.next_payment_attempt) == ("open", None)
    assert "invoice.payment_failed" in event_types()
    assert api.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert pay(session.id).status_code == 303
    completed = api.v1.checkout.sessions.retrieve(session.id)
    assert (completed.subscription, completed.invoice) == (waiting.id, invoice.id)
    assert api.v1.subscriptions.retrieve(waiting.id).status == "active"
    assert event_types().count("customer.created") == 1


def test_a_card_may_want_approval_before_the_first_payment(api, begin, client, pay):
    session = begin()
    pay(session.id, ASKS)
    client.post(f"/sandbox/pay/{session.id}/3ds", {"refuse": "1"})
    assert api.v1.checkout.sessions.retrieve(session.id).status == "open"
    pay(session.id, ASKS)
    client.post(f"/sandbox/pay/{session.id}/3ds", {"approve": "1"})
    assert api.v1.subscriptions.list({"status": "active"}).data


def test_a_known_customer_can_begin_a_second_subscription(api, client, subscribe, begin, pay):
    customer = subscribe().customer
    session = begin(customer=customer)
    assert 'value="ada@example.com"' in client.get(f"/sandbox/pay/{session.id}").content.decode()
    pay(session.id, email="other@example.com")
    assert api.v1.customers.retrieve(customer).email == "ada@example.com"
    assert [each.customer for each in api.v1.subscriptions.list({"customer": customer}).data] == [customer] * 2


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"payment_intent_data": {"metadata": {"a": "b"}}}, "You can not pass `payment_intent_data`"),
        ({"customer_creation": "if_required"}, "You can not pass `customer_creation`"),
        ({"customer": "cus_none"}, "No such customer"),
        ({"recurring": {"interval": "fortnight"}}, "must be one of day, month, week, or year"),
    ],
)
def test_what_does_not_go_with_a_subscription_is_refused_as_at_stripe(begin, extra, message):
    with pytest.raises(stripe.InvalidRequestError, match=message):
        begin(**extra)


def test_one_time_parameters_and_recurring_ones_do_not_mix(create_session):
    items = monthly_params()["line_items"]
    with pytest.raises(stripe.InvalidRequestError, match="passed a recurring price"):
        create_session(line_items=items)
    with pytest.raises(stripe.InvalidRequestError, match="You can not pass `subscription_data` in `payment` mode"):
        create_session(subscription_data={"metadata": {"a": "b"}})
    with pytest.raises(stripe.InvalidRequestError, match="at least one recurring price"):
        create_session(mode="subscription")


def test_the_page_says_how_often_is_paid_and_offers_no_bank(client, begin):
    page = client.get(f"/sandbox/pay/{begin(recurring={'interval': 'year'}).id}").content.decode()
    assert "Pay $20.00 USD every year" in page
    assert 'name="bank"' not in page
    session = begin()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "a@b.example"})
    assert not Record.objects.filter(kind="subscription").exists()
