"""A session that begins a subscription: its card pays the first invoice and is kept for the ones that follow.

Customer, subscription and invoice are made when the payer first tries to pay, as at Stripe; the session names them once
it is complete. A subscription whose first payment was declined waits for another card for 23 hours.
"""

from __future__ import annotations

from django.db import transaction

from sandbox.core import store
from sandbox.engine import card_payments, outcomes, sessions
from sandbox.engine.card_payments import CLOSED, AttemptResult, Expiry
from sandbox.engine.recurring import attempts, customers, invoices, subscriptions
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import NewEvent, emit


@transaction.atomic(using=ALIAS)
def pay(session_id: str, card: Card, expiry: Expiry, payer: Payer) -> AttemptResult:
    """The payer pressed Pay, once or for the first time of many."""
    session = store.get(sessions.KIND, session_id)
    if session.body["mode"] != "subscription":
        return card_payments.pay(session_id, card, expiry, payer)
    if session.status != "open":
        return CLOSED
    session.hidden.pop("challenge", None)
    subscription, events = _subscription_of(session, payer)
    invoice = _first_invoice(subscription)
    if card.challenged:
        intent = invoices.intent_of(invoice)
        card_payments.open_challenge(session, intent, card, expiry, payer)
        emit(*events, ("payment_intent.requires_action", intent.body))
        return AttemptResult("challenged")
    return _charge(session, subscription, events, card, expiry, payer)


@transaction.atomic(using=ALIAS)
def answer_challenge(session_id: str, approved: bool) -> AttemptResult:
    """The cardholder approved or refused the payment at the issuer."""
    session = store.get(sessions.KIND, session_id)
    if session.body["mode"] != "subscription":
        return card_payments.answer_challenge(session_id, approved)
    challenge = session.hidden.pop("challenge", None)
    if session.status != "open" or challenge is None:
        return CLOSED
    card, expiry, payer = card_payments.challenged_card(challenge)
    subscription, events = _subscription_of(session, payer)
    if approved:
        return _charge(session, subscription, events, card, expiry, payer)
    session.save()
    intent = invoices.intent_of(_first_invoice(subscription))
    outcomes.fail(intent, card_payments.AUTHENTICATION_FAILED, None)
    emit(*events, ("payment_intent.payment_failed", intent.body))
    return AttemptResult("declined", card_payments.AUTHENTICATION_FAILED)


def intent_of(session: Record) -> Record | None:
    """The intent by which a session is paid, whether it names it or its invoice has it; None before the first try."""
    if session.payment_intent:
        return store.get("payment_intent", session.payment_intent)
    if "subscription" not in session.hidden:
        return None
    return invoices.intent_of(_first_invoice(store.get(subscriptions.KIND, session.hidden["subscription"])))


def _charge(
    session: Record, subscription: Record, events: list[NewEvent], card: Card, expiry: Expiry, payer: Payer
) -> AttemptResult:
    invoice = _first_invoice(subscription)
    charged, failure = attempts.by_payer(invoice, card, expiry, payer)
    if failure is not None:
        session.save()
        emit(*events, *charged)
        return AttemptResult("declined", failure)
    names = {"customer": subscription.customer, "invoice": invoice.stripe_id, "subscription": subscription.stripe_id}
    session.body = {**session.body, **names}
    outcomes.complete(session, payer, "paid")
    emit(*events, *charged, ("checkout.session.completed", session.body))
    return AttemptResult("paid")


def _subscription_of(session: Record, payer: Payer) -> tuple[Record, list[NewEvent]]:
    """The session's subscription, which exists from the first attempt to pay; with the events if it is new."""
    known = session.hidden.get("subscription")
    if known:
        found = store.get(subscriptions.KIND, known)
        if found.status == "incomplete":
            if not session.body["customer"]:
                store.update(store.get(customers.KIND, found.customer), email=payer.email, name=payer.name)
            return found, []
    if session.body["customer"]:
        customer = store.get(customers.KIND, session.body["customer"])
        events: list[NewEvent] = []
    else:
        customer, events = customers.create(payer, session.account)
    price = store.get("price", session.hidden["price"])
    made, created = subscriptions.create(
        customer, price.body, session.hidden["quantity"], session.hidden["subscription_data"]
    )
    session.hidden["subscription"] = made.stripe_id
    session.save()
    return made, [*events, *created]


def _first_invoice(subscription: Record) -> Record:
    return Record.objects.filter(kind=invoices.KIND, subscription=subscription.stripe_id).order_by("number")[0]
