"""The billing portal, where a customer changes the card or ends a subscription without the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from sandbox.core import accounts, clock, errors, ids, store
from sandbox.engine.card_payments import Expiry
from sandbox.engine.recurring import changes, customers, subscriptions
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects.charge import Failure, Payer
from sandbox.objects.recurring import billing_portal
from sandbox.objects.recurring.subscription import item_of
from sandbox.router import ALIAS
from sandbox.webhooks.events import NO_REQUEST, ApiRequest, emit

CONFIGURATION = "billing_portal.configuration"
SESSION = "billing_portal.session"
# Seconds in which a session's address works.
LIFETIME = 3600

Body = dict[str, Any]

# What a flow leads to -> the feature that must be on.
_FLOWS = {"payment_method_update": "payment_method_update", "subscription_cancel": "subscription_cancel"}


@transaction.atomic(using=ALIAS)
def configure(params: Body, request: ApiRequest = NO_REQUEST) -> Record:
    """A way to offer the portal."""
    made = store.add(billing_portal.configuration(params, created=clock.timestamp(), is_default=False))
    emit(("billing_portal.configuration.created", made.body), request=request)
    return made


@transaction.atomic(using=ALIAS)
def open_session(params: Body, request: ApiRequest = NO_REQUEST) -> Record:
    """A visit of a customer, by a configuration; there is no default one, as in an account whose owner saved none."""
    if store.find(customers.KIND, params["customer"]) is None:
        raise errors.resource_missing("customer", params["customer"], "customer", status=400)
    configuration = _configuration(params.get("configuration"))
    flow = params.get("flow_data")
    if flow:
        _check_flow(flow, configuration, params["customer"])
    secret = ids.portal_secret()
    body = billing_portal.session(
        params,
        created=clock.timestamp(),
        configuration=configuration.stripe_id,
        url=f"{settings.SANDBOX_URL}/portal/{secret}",
        return_url=params.get("return_url") or configuration.body["default_return_url"],
    )
    made = store.add(body, hidden={"secret": secret})
    # Its secret is what it is found by.
    made.source = secret
    made.save()
    emit(("billing_portal.session.created", made.body), request=request)
    return made


def find_session(secret: str) -> Record | None:
    """The session behind this address, while it works."""
    found = Record.objects.filter(kind=SESSION, source=secret).first() if secret else None
    return found if found is not None and found.created + LIFETIME > clock.now() else None


def features_of(session: Record) -> Body:
    """What its configuration offers."""
    features: Body = store.get(CONFIGURATION, session.body["configuration"]).body["features"]
    return features


@transaction.atomic(using=ALIAS)
def change_card(customer_id: str, card: Card, expiry: Expiry, payer: Payer) -> Failure | None:
    """The customer pays everything with this card from now on, unless it is declined when it is attached."""
    if card.failure is not None and not card.fails_later:
        return card.failure
    customer = store.get(customers.KIND, customer_id)
    method, events = customers.attach(customer, card, expiry, payer)
    events += customers.make_default(customer, method.stripe_id)
    for subscription in running_of(customer_id):
        events += subscriptions.change(subscription, default_payment_method=method.stripe_id)
    emit(*events)
    return None


def cancel(session: Record, subscription_id: str, feedback: str | None) -> Record:
    """The customer ends a subscription: at once, or by a date alone, as Stripe's portal does in flexible billing."""
    subscription = store.get(subscriptions.KIND, subscription_id)
    details = {"feedback": feedback}
    if features_of(session)["subscription_cancel"]["mode"] == "immediately":
        return changes.cancel(subscription_id, details)
    end = item_of(subscription.body)["current_period_end"]
    return changes.update(subscription_id, {"cancel_at": end, "cancellation_details": details})


def keep(subscription_id: str) -> Record:
    """The customer takes the cancellation back, before it takes effect."""
    return changes.update(subscription_id, {"cancel_at": None})


def running_of(customer_id: str) -> list[Record]:
    """The customer's subscriptions that have not ended, newest first."""
    found = Record.objects.filter(kind=subscriptions.KIND, customer=customer_id).order_by("-number")
    return list(found.exclude(status__in=subscriptions.ENDED))


def _configuration(stripe_id: str | None) -> Record:
    if stripe_id:
        found = store.find(CONFIGURATION, stripe_id)
        if found is None:
            raise errors.resource_missing("configuration", stripe_id, "configuration", status=400)
        return found
    default = Record.objects.filter(kind=CONFIGURATION, account=accounts.present(), body__is_default=True).first()
    if default is None:
        message = (
            "No configuration provided and your test mode default configuration has not been created. Provide a "
            "configuration or create your default by saving your customer portal settings in test mode at "
            "https://dashboard.stripe.com/test/settings/billing/portal."
        )
        raise errors.ApiError(400, message)
    return default


def _check_flow(flow: Body, configuration: Record, customer_id: str) -> None:
    feature = configuration.body["features"][_FLOWS[flow["type"]]]
    if not feature["enabled"]:
        message = f"This session cannot use the {flow['type']} flow: the feature is disabled in the configuration."
        raise errors.parameter_invalid(message, "flow_data[type]")
    if flow["type"] != "subscription_cancel":
        return
    named = flow.get("subscription_cancel", {}).get("subscription")
    if not named:
        raise errors.parameter_missing("flow_data[subscription_cancel][subscription]")
    found = store.find(subscriptions.KIND, named)
    if found is None or found.customer != customer_id:
        raise errors.resource_missing("subscription", named, "flow_data[subscription_cancel][subscription]", 400)
    if found.status in subscriptions.ENDED or found.body["cancel_at"]:
        message = "The subscription is already canceled, or will be at the end of its period."
        raise errors.parameter_invalid(message, "flow_data[subscription_cancel][subscription]")
