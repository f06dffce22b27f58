"""Customers and invoices by the API: made, changed, listed, forgotten."""

from __future__ import annotations

import pytest
import stripe

from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

FAILS_LATER = "4000000000000341"


def test_a_customer_is_made_changed_and_found_by_address(api):
    made = api.v1.customers.create({"email": "ada@example.com", "metadata": {"donor": "1"}})
    api.v1.customers.create({"email": "grace@example.com"})
    changed = api.v1.customers.update(made.id, {"name": "Ada", "metadata": {"more": "2"}})
    assert (changed.name, changed.metadata.to_dict()) == ("Ada", {"donor": "1", "more": "2"})
    assert [each.id for each in api.v1.customers.list({"email": "ada@example.com"}).data] == [made.id]
    assert event_types() == ["customer.created", "customer.created", "customer.updated"]


def test_a_deleted_customers_subscriptions_end_and_nothing_is_told_of_them(api, subscribe):
    subscription = subscribe()
    assert api.v1.customers.delete(subscription.customer).deleted
    assert api.v1.subscriptions.retrieve(subscription.id).status == "canceled"
    assert api.v1.customers.retrieve(subscription.customer).to_dict() == {
        "id": subscription.customer,
        "object": "customer",
        "deleted": True,
    }
    assert api.v1.customers.list().data == []
    assert event_types()[-2:] == ["customer.subscription.deleted", "customer.deleted"]


def test_customers_show_their_subscriptions_and_subscriptions_their_customers_when_asked(api, subscribe):
    subscription = subscribe()
    customer = api.v1.customers.retrieve(subscription.customer, {"expand": ["subscriptions.data.latest_invoice"]})
    (shown,) = customer.subscriptions.data
    assert (shown.id, shown.latest_invoice.status) == (subscription.id, "paid")
    expand = ["data.customer", "data.items.data.price.product"]
    (listed,) = api.v1.subscriptions.list({"expand": expand}).data
    assert listed.customer.email == "ada@example.com"
    assert listed["items"].data[0].price.product.name == "Donation"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        api.v1.subscriptions.retrieve(subscription.id, {"expand": ["metadata"]})


def test_an_open_invoice_is_paid_by_request_with_the_card_on_file(api, control, subscribe):
    subscription = subscribe(FAILS_LATER)
    control("/advance", seconds=32 * 24 * 3600)
    (owed,) = api.v1.invoices.list({"subscription": subscription.id, "status": "open"}).data
    with pytest.raises(stripe.CardError, match="Your card was declined"):
        api.v1.invoices.pay(owed.id)
    control("/change_card", subscription=subscription.id, number="4242424242424242")
    assert api.v1.invoices.pay(owed.id).status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        api.v1.invoices.pay(owed.id)
    (payment,) = api.v1.invoice_payments.list({"invoice": owed.id, "status": "paid"}).data
    assert api.v1.invoice_payments.retrieve(payment.id).amount_paid == 2000


def test_invoices_are_listed_by_the_time_in_which_they_were_made(api, control, subscribe):
    subscription = subscribe()
    control("/advance", seconds=70 * 24 * 3600)
    newest, *_, first = api.v1.invoices.list().data
    found = api.v1.invoices.list({"created": {"gt": first.created}, "customer": subscription.customer}).data
    assert next(each.id for each in found) == newest.id
    assert len(found) == 2


def test_a_payment_of_a_subscription_is_refunded_and_disputed_by_its_invoice_or_session(api, control, subscribe):
    subscription = subscribe()
    refund = control("/refund", invoice=subscription.latest_invoice, amount=500)
    assert (refund["amount"], refund["status"]) == (500, "succeeded")
    (session,) = api.v1.checkout.sessions.list({"subscription": subscription.id}).data
    assert control("/dispute", session=session.id, kind="chargeback")["amount"] == 2000
