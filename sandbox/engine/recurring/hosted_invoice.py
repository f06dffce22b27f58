"""An invoice's own page: the payer pays what a renewal owes, or approves what the bank has asked about."""

from __future__ import annotations

from django.db import transaction

from sandbox.core import store
from sandbox.engine import card_payments, outcomes
from sandbox.engine.card_payments import CLOSED, AttemptResult, Expiry
from sandbox.engine.recurring import attempts, customers, invoices
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import emit


def waits_for_approval(invoice: Record) -> bool:
    """Whether its payment is to be approved by the cardholder first."""
    return invoice.status == "open" and invoices.intent_of(invoice).status == "requires_action"


@transaction.atomic(using=ALIAS)
def pay(invoice_id: str, card: Card, expiry: Expiry) -> AttemptResult:
    """The payer typed a card."""
    invoice = store.get(invoices.KIND, invoice_id)
    if invoice.status != "open":
        return CLOSED
    payer = customers.payer_of(store.get(customers.KIND, invoice.customer))
    if card.challenged:
        events = attempts.require_action(invoice, invoices.intent_of(invoice))
        invoice.hidden["challenge"] = card_payments.challenge(card, expiry, payer)
        invoice.save()
        emit(*events)
        return AttemptResult("challenged")
    return _charge(invoice, card, expiry, payer)


@transaction.atomic(using=ALIAS)
def answer_challenge(invoice_id: str, approved: bool) -> AttemptResult:
    """The cardholder approved or refused the payment, by the card that was typed or by the one on file."""
    invoice = store.get(invoices.KIND, invoice_id)
    if not waits_for_approval(invoice):
        return CLOSED
    challenge = invoice.hidden.pop("challenge", None)
    if not approved:
        invoice.save()
        intent = invoices.intent_of(invoice)
        outcomes.fail(intent, card_payments.AUTHENTICATION_FAILED, None)
        emit(("payment_intent.payment_failed", intent.body))
        return AttemptResult("declined", card_payments.AUTHENTICATION_FAILED)
    if challenge:
        return _charge(invoice, *card_payments.challenged_card(challenge))
    method = attempts.method_of(invoices.subscription_of(invoice))
    return CLOSED if method is None else _charge(invoice, *customers.card_of(method), method=method)


def _charge(
    invoice: Record, card: Card, expiry: Expiry, payer: Payer, *, method: Record | None = None
) -> AttemptResult:
    events, failure = attempts.by_payer(invoice, card, expiry, payer, method=method)
    emit(*events)
    return AttemptResult("declined", failure) if failure else AttemptResult("paid")
