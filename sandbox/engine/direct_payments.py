"""Payment intents that a program makes and confirms itself, without a session: what `stripe trigger` does."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from sandbox.core import clock, currencies, errors, store
from sandbox.engine import card_payments, test_cards
from sandbox.engine.card_payments import Expiry
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects import payment_intent
from sandbox.objects.charge import Failure, Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import NO_REQUEST, ApiRequest, emit

KIND = "payment_intent"
# Of every card that a program hands over by its name.
EXPIRY = Expiry(12, 2040)
# Before it is confirmed.
_UNCONFIRMED = {"requires_payment_method", "requires_confirmation"}


@transaction.atomic(using=ALIAS)
def create(params: dict[str, Any], request: ApiRequest = NO_REQUEST) -> Record:
    """An intent over an amount, which waits for its card or to be confirmed."""
    amount, currency = params["amount"], params["currency"]
    smallest = currencies.MINIMUM.get(currency, 1)
    if amount < smallest:
        message = f"Amount must be at least {currencies.format_amount(smallest, currency)}"
        raise errors.parameter_invalid(message, "amount", "amount_too_small")
    body = payment_intent.build(params, created=clock.timestamp(), amount=amount, currency=currency)
    intent = store.add(body)
    emit(("payment_intent.created", body), request=request)
    if params.get("payment_method"):
        _attach(intent, params["payment_method"])
    return intent


def confirm(intent_id: str, method: str | None, request: ApiRequest = NO_REQUEST) -> tuple[Record, Failure | None]:
    """Charge the intent's card, or this one. Returns the intent, and why the card was declined if it was."""
    with transaction.atomic(using=ALIAS):
        intent = store.get(KIND, intent_id)
        if intent.status not in _UNCONFIRMED:
            raise _unexpected(f"You cannot confirm this PaymentIntent because it has a status of {intent.status}.")
        if method:
            _attach(intent, method)
        if "card" not in intent.hidden:
            message = (
                "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent "
                "with a payment method and then confirm it again."
            )
            raise _unexpected(message)
        card = test_cards.lookup(intent.hidden["card"])
        if card.challenged:
            _require_action(intent, request)
            return intent, None
        payer = Payer(intent.hidden.get("email"), intent.hidden.get("name"))
        events, failure = card_payments.charge_intent(intent, card, EXPIRY, payer)
        emit(*events, request=request)
        return intent, failure


def card_of(method: str, param: str = "payment_method") -> tuple[Card, Payer]:
    """The card that this payment method is, and whose. Its id is one of ours, or a name like `pm_card_visa`."""
    record = store.find("payment_method", method)
    if record is not None:
        details = record.body["billing_details"]
        return test_cards.lookup(record.hidden["card"]), Payer(details["email"], details["name"])
    card = test_cards.named(method)
    if card is None:
        raise errors.resource_missing("PaymentMethod", method, param, status=400)
    return card, Payer(None, None)


def _attach(intent: Record, method: str) -> None:
    card, payer = card_of(method)
    intent.hidden |= {"card": card.number, "email": payer.email, "name": payer.name}
    store.save(intent, {**intent.body, "payment_method": method, "status": "requires_confirmation"})


def _require_action(intent: Record, request: ApiRequest) -> None:
    url = f"{settings.SANDBOX_URL}/pay/{intent.stripe_id}"
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}}
    store.save(intent, {**intent.body, "status": "requires_action", "next_action": action})
    emit(("payment_intent.requires_action", intent.body), request=request)


def _unexpected(message: str) -> errors.ApiError:
    return errors.ApiError(400, message, code="payment_intent_unexpected_state", execution_started=True)
