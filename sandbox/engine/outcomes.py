"""What the outcome of an attempt to pay does to the payment intent and its session."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from sandbox.core import clock, store
from sandbox.engine import presentment
from sandbox.models import Record
from sandbox.objects import payment_intent
from sandbox.objects.charge import Failure, Payer
from sandbox.objects.checkout_session import customer_details


def intent_of(session: Record) -> Record:
    """The session's payment intent, which exists only once the payer has tried to pay."""
    if session.payment_intent:
        return store.get("payment_intent", session.payment_intent)
    body = payment_intent.build(
        session.hidden["payment_intent_data"],
        created=clock.timestamp(),
        amount=session.body["amount_total"],
        currency=session.body["currency"],
    ) | presentment.of_session(session.body)
    intent = store.add(body, account=session.account)
    store.save(session, {**session.body, "payment_intent": body["id"]})
    return intent


def succeed(intent: Record, charge_id: str) -> None:
    """The charge has paid the intent."""
    store.save(
        intent,
        {
            **intent.body,
            "amount_received": intent.body["amount"],
            "last_payment_error": None,
            "latest_charge": charge_id,
            "next_action": None,
            "status": "succeeded",
        },
    )


def fail(intent: Record, failure: Failure, charge_id: str | None) -> None:
    """The intent needs another payment method; without a charge the attempt ended before one was made."""
    error: dict[str, Any] = {
        "code": failure.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{failure.code.replace('_', '-')}",
        "message": failure.message,
        "type": "card_error" if charge_id else "invalid_request_error",
    }
    if charge_id:
        error["charge"] = charge_id
    if failure.decline_code:
        error["decline_code"] = failure.decline_code
    store.save(
        intent,
        {
            **intent.body,
            "amount_received": 0,
            "last_payment_error": error,
            "latest_charge": charge_id or intent.body["latest_charge"],
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        },
    )


def complete(session: Record, payer: Payer, payment_status: str) -> None:
    """The payer is done with the session, whether or not the payment has succeeded."""
    session.due_at = None
    session.hidden.pop("challenge", None)
    store.save(
        session,
        {
            **session.body,
            "customer_details": customer_details(payer.email, payer.name),
            **presentment.of_session(session.body),
            "payment_status": payment_status,
            "status": "complete",
            "url": None,
        },
    )


def receipt_base_url() -> str:
    """The address below which a charge's id is its receipt."""
    return f"{settings.SANDBOX_URL}/receipts"
