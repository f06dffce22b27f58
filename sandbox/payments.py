"""What happens to a session's money: paid, declined, challenged, sent by a bank, settled."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from sandbox import cards, ids, sessions, store
from sandbox.cards import Card
from sandbox.events import announce
from sandbox.models import Behaviour, Record
from sandbox.objects import charge, payment_intent
from sandbox.objects.charge import Failure, Payer
from sandbox.objects.checkout_session import customer_details
from sandbox.router import ALIAS

_REFUSED = Failure(
    "payment_intent_authentication_failure",
    None,
    "The payment was not approved, so your card was declined. Try again, or use another card.",
)
_NO_MONEY = Failure("payment_method_provider_decline", "insufficient_funds", "The bank account has insufficient funds.")


@dataclass(frozen=True)
class Tried:
    """How an attempt ended: "paid", "sent", "declined", "challenged", or "closed" because it came too late."""

    result: str
    failure: Failure | None = None


CLOSED = Tried("closed")


@dataclass(frozen=True)
class Expiry:
    """A card's month and year."""

    month: int
    year: int


@transaction.atomic(using=ALIAS)
def by_card(session_id: str, card: Card, expiry: Expiry, payer: Payer) -> Tried:
    """The donor pressed Pay."""
    session = store.get(sessions.KIND, session_id)
    if session.status != "open":
        return CLOSED
    intent = _intent_of(session)
    if card.challenged:
        return _challenge(session, intent, card, expiry, payer)
    return _charge_card(session, intent, card, expiry, payer)


@transaction.atomic(using=ALIAS)
def answer_challenge(session_id: str, approved: bool) -> Tried:
    """The donor approved or refused at their bank."""
    session = store.get(sessions.KIND, session_id)
    challenge = session.hidden.pop("challenge", None)
    if session.status != "open" or challenge is None:
        return CLOSED
    intent = _intent_of(session)
    if approved:
        card = cards.lookup(challenge["number"])
        expiry = Expiry(challenge["month"], challenge["year"])
        return _charge_card(session, intent, card, expiry, Payer(challenge["email"], challenge["name"]))
    session.save()
    _fail(intent, _REFUSED, None)
    announce(("payment_intent.payment_failed", intent.body))
    return Tried("declined", _REFUSED)


@transaction.atomic(using=ALIAS)
def by_bank(session_id: str, outcome: str, payer: Payer) -> Tried:
    """The donor chose the bank: the session is complete now, the money comes later or not at all."""
    session = store.get(sessions.KIND, session_id)
    if session.status != "open":
        return CLOSED
    intent = _intent_of(session)
    intent.body["payment_method"] = ids.new("pm")
    pending = charge.build(
        intent.body, payer, charge.bank_details(), created=int(time.time()), receipts=_receipts(), pending=True
    )
    store.add(pending)
    intent.hidden["outcome"] = outcome
    intent.due_at = time.time() + Behaviour.current().bank_delay
    store.save(intent, {**intent.body, "status": "processing", "latest_charge": pending["id"], "next_action": None})
    _complete(session, payer, "unpaid")
    announce(("checkout.session.completed", session.body))
    return Tried("sent")


@transaction.atomic(using=ALIAS)
def settle(intent_id: str, outcome: str) -> bool:
    """The bank answers: "settles" or "fails"; False if it has answered before."""
    intent = store.get("payment_intent", intent_id)
    if intent.status != "processing":
        return False
    session = store.session_of(intent_id)
    made = store.get("charge", intent.body["latest_charge"])
    intent.due_at = None
    if outcome == "fails":
        store.save(made, charge.failed(made.body, _NO_MONEY))
        _fail(intent, _NO_MONEY, made.stripe_id)
        announce(
            ("charge.failed", made.body),
            ("payment_intent.payment_failed", intent.body),
            ("checkout.session.async_payment_failed", session.body),
        )
    else:
        store.save(made, charge.succeeded(made.body))
        _succeed(intent, made.stripe_id)
        store.save(session, {**session.body, "payment_status": "paid"})
        announce(
            ("charge.succeeded", made.body),
            ("payment_intent.succeeded", intent.body),
            ("checkout.session.async_payment_succeeded", session.body),
        )
    return True


@transaction.atomic(using=ALIAS)
def settle_as_foreseen(intent_id: str) -> None:
    """The bank's answer that the donor asked for on the pay page, unless the operator was quicker."""
    intent = store.get("payment_intent", intent_id)
    if intent.due_at is not None and intent.due_at <= time.time():
        settle(intent_id, intent.hidden["outcome"])


def _intent_of(session: Record) -> Record:
    """The session's payment intent, which exists only once the donor has tried to pay."""
    if session.payment_intent:
        return store.get("payment_intent", session.payment_intent)
    body = payment_intent.build(
        session.hidden["payment_intent_data"],
        created=int(time.time()),
        amount=session.body["amount_total"],
        currency=session.body["currency"],
    )
    intent = store.add(body)
    store.save(session, {**session.body, "payment_intent": body["id"]})
    return intent


def _challenge(session: Record, intent: Record, card: Card, expiry: Expiry, payer: Payer) -> Tried:
    session.hidden["challenge"] = {
        "number": card.number,
        "month": expiry.month,
        "year": expiry.year,
        "email": payer.email,
        "name": payer.name,
    }
    session.save()
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": f"{session.body['url']}/3ds"}}
    store.save(intent, {**intent.body, "status": "requires_action", "next_action": action})
    return Tried("challenged")


def _charge_card(session: Record, intent: Record, card: Card, expiry: Expiry, payer: Payer) -> Tried:
    intent.body["payment_method"] = ids.new("pm")
    details = charge.card_details(
        brand=card.brand,
        last4=card.number[-4:],
        month=expiry.month,
        year=expiry.year,
        cvc_check=card.cvc_check,
        postal_check=card.postal_check,
        secured=card.challenged,
        amount=intent.body["amount"],
    )
    made = charge.build(
        intent.body,
        payer,
        details,
        created=int(time.time()),
        receipts=_receipts(),
        risk=card.risk,
        failure=card.failure,
    )
    store.add(made)
    if card.failure is not None:
        session.save()
        _fail(intent, card.failure, made["id"])
        announce(("charge.failed", made), ("payment_intent.payment_failed", intent.body))
        return Tried("declined", card.failure)
    _succeed(intent, made["id"])
    _complete(session, payer, "paid")
    announce(
        ("charge.succeeded", made),
        ("payment_intent.succeeded", intent.body),
        ("checkout.session.completed", session.body),
    )
    return Tried("paid")


def _succeed(intent: Record, charge_id: str) -> None:
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


def _fail(intent: Record, failure: Failure, charge_id: str | None) -> None:
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
            "last_payment_error": error,
            "latest_charge": charge_id or intent.body["latest_charge"],
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        },
    )


def _complete(session: Record, payer: Payer, payment_status: str) -> None:
    session.due_at = None
    session.hidden.pop("challenge", None)
    store.save(
        session,
        {
            **session.body,
            "customer_details": customer_details(payer.email, payer.name),
            "payment_status": payment_status,
            "status": "complete",
            "url": None,
        },
    )


def _receipts() -> str:
    return f"{settings.SANDBOX_URL}/receipts"
