"""What the API changes of a subscription, and what it refuses."""

from __future__ import annotations

import pytest
import stripe

from tests.sandbox.conftest import MONTHLY, event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def subscription(subscribe):
    return subscribe()


@pytest.fixture
def change_amount(api, subscription):
    """Asks for another amount from the next period on."""

    def change(**extra):
        item = subscription["items"].data[0]
        price = {"currency": "usd", "product": item.price.product, "unit_amount": 3500, "recurring": MONTHLY}
        asked = {"id": item.id, "price_data": {**price, **extra.pop("price", {})}, **extra.pop("item", {})}
        params = {"items": [{name: value for name, value in asked.items() if value}], "proration_behavior": "none"}
        return api.v1.subscriptions.update(subscription.id, {**params, **extra})

    return change


def test_another_amount_counts_from_the_next_period_on(api, subscription, change_amount, control):
    changed = change_amount()
    item = changed["items"].data[0]
    assert (item.price.unit_amount, item.plan.amount) == (3500, 3500)
    assert item.id == subscription["items"].data[0].id
    assert len(api.v1.invoices.list({"subscription": subscription.id}).data) == 1
    control("/advance", to=item.current_period_end + 3602)
    assert api.v1.invoices.list({"subscription": subscription.id}).data[0].amount_paid == 3500
    (event,) = api.v1.events.list({"type": "customer.subscription.updated", "limit": 2}).data[1:]
    assert event.data.previous_attributes["items"].data[0].price.unit_amount == 2000


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"item": {"id": "si_other"}}, "No such subscription_item: 'si_other'"),
        ({"item": {"id": ""}}, "an item without its id"),
        ({"price": {"currency": "eur"}}, "must have the same currency"),
        ({"price": {"product": "prod_none"}}, "No such product"),
        ({"price": {"recurring": {"interval": "year"}}}, "does not play .*another interval"),
        ({"proration_behavior": "create_prorations"}, "does not play proration_behavior=create_prorations"),
    ],
)
def test_a_change_that_stripe_would_refuse_or_bill_otherwise_is_refused(change_amount, extra, message):
    with pytest.raises(stripe.InvalidRequestError, match=message):
        change_amount(**extra)


def test_it_is_canceled_at_once_with_the_cancellers_words(api, subscription):
    details = {"comment": "Moving away", "feedback": "too_expensive"}
    ended = api.v1.subscriptions.cancel(subscription.id, {"cancellation_details": details})
    assert (ended.status, ended.ended_at) == ("canceled", ended.canceled_at)
    assert ended.cancellation_details.to_dict() == {**details, "reason": "cancellation_requested"}
    assert event_types()[-1] == "customer.subscription.deleted"
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        api.v1.subscriptions.cancel(subscription.id)


def test_lists_leave_out_what_is_canceled_unless_it_is_asked_for(api, subscription, subscribe):
    kept = subscribe()
    api.v1.subscriptions.cancel(subscription.id)
    ids = lambda **params: [each.id for each in api.v1.subscriptions.list(params).data]  # noqa: E731
    assert ids() == [kept.id]
    assert ids(status="all") == [kept.id, subscription.id]
    assert ids(status="ended") == ids(status="canceled") == [subscription.id]
    assert ids(customer=kept.customer, price=kept["items"].data[0].price.id) == [kept.id]


def test_the_bank_and_the_dashboard_end_one_by_other_reasons(control, subscribe):
    reasons = {"dashboard": "cancellation_requested", "bank": "payment_disputed", "stripe": "payment_failed"}
    for by, reason in reasons.items():
        ended = control("/cancel_subscription", subscription=subscribe().id, by=by)
        assert (ended["status"], ended["cancellation_details"]["reason"]) == ("canceled", reason)
    later = control("/cancel_subscription", subscription=subscribe().id, at_period_end="true")
    assert (later["status"], later["cancel_at_period_end"]) == ("active", True)
    assert "error" in control("/cancel_subscription", subscription=ended["id"])


def test_metadata_and_description_change_alone(api, subscription):
    changed = api.v1.subscriptions.update(subscription.id, {"metadata": {"more": "1"}, "description": "Monthly"})
    assert changed.metadata.to_dict() == {"donation": "R-1", "more": "1"}
    assert changed.description == "Monthly"


def test_a_card_of_somebody_else_cannot_pay(api, subscription, subscribe):
    foreign = subscribe().default_payment_method
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        api.v1.subscriptions.update(subscription.id, {"default_payment_method": foreign})


def test_a_key_that_may_not_read_subscriptions_is_told_so(live_server, api, subscription, control):
    control(missing_permissions="subscription_read invoice_read customer_portal_write")
    limited = stripe.StripeClient("rk_test_sandbox", base_addresses={"api": f"{live_server.url}/sandbox"})
    with pytest.raises(stripe.PermissionError, match="subscription_read"):
        limited.v1.subscriptions.retrieve(subscription.id)
    with pytest.raises(stripe.PermissionError, match="invoice_read"):
        limited.v1.invoice_payments.list()
    with pytest.raises(stripe.PermissionError, match="customer_portal_write"):
        limited.v1.billing_portal.sessions.create({"customer": subscription.customer})
