"""Customers and the card that each of them pays with."""

from __future__ import annotations

from sandbox.core import clock, store
from sandbox.engine import test_cards
from sandbox.engine.card_payments import Expiry
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects import payment_method
from sandbox.objects.charge import Payer
from sandbox.objects.recurring import customer
from sandbox.webhooks.events import NewEvent

KIND = "customer"
METHOD = "payment_method"


def create(payer: Payer, account: str | None = None) -> tuple[Record, list[NewEvent]]:
    """A customer of this name; returns the events as well."""
    made = store.add(customer.build(payer.email, payer.name, created=clock.timestamp()), account=account)
    return made, [("customer.created", made.body)]


def attach(owner: Record, card: Card, expiry: Expiry, payer: Payer) -> tuple[Record, list[NewEvent]]:
    """Keep the card with the customer; returns it and the events."""
    body = payment_method.card(
        {"email": payer.email, "name": payer.name},
        brand=card.brand,
        last4=card.number[-4:],
        month=expiry.month,
        year=expiry.year,
        created=clock.timestamp(),
    )
    made = store.add({**body, "customer": owner.stripe_id}, hidden={"card": card.number})
    return made, [("payment_method.attached", made.body)]


def make_default(owner: Record, method: str) -> list[NewEvent]:
    """The customer pays with this card from now on; returns the events."""
    settings = {**owner.body["invoice_settings"], "default_payment_method": method}
    previous = store.update(owner, invoice_settings=settings)
    return [("customer.updated", owner.body, previous)] if previous else []


def card_of(method: Record) -> tuple[Card, Expiry, Payer]:
    """The card that was kept, and whose."""
    details, owner = method.body["card"], method.body["billing_details"]
    expiry = Expiry(details["exp_month"], details["exp_year"])
    return test_cards.lookup(method.hidden["card"]), expiry, Payer(owner["email"], owner["name"])


def payer_of(owner: Record) -> Payer:
    """The customer's own name and address."""
    return Payer(owner.body["email"], owner.body["name"])
