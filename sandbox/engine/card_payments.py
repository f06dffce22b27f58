"""Payment by card: paid, declined, or challenged by the card's issuer first (3-D Secure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction

from sandbox.core import clock, ids, store
from sandbox.engine import outcomes, sessions, settlement, test_cards
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects import charge, payment_method_details
from sandbox.objects.charge import Failure, Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import NewEvent, emit

AUTHENTICATION_FAILED = Failure(
    "payment_intent_authentication_failure",
    None,
    "The payment was not approved, so your card was declined. Try again, or use another card.",
)


@dataclass(frozen=True)
class AttemptResult:
    """How an attempt to pay ended: "processing" at a bank, "closed" because the session was not open any more."""

    status: Literal["paid", "processing", "declined", "challenged", "closed"]
    failure: Failure | None = None


CLOSED = AttemptResult("closed")


@dataclass(frozen=True)
class Expiry:
    """A card's expiry date."""

    month: int
    year: int


@transaction.atomic(using=ALIAS)
def pay(session_id: str, card: Card, expiry: Expiry, payer: Payer) -> AttemptResult:
    """The payer pressed Pay."""
    session = store.get(sessions.KIND, session_id)
    if session.status != "open":
        return CLOSED
    # A new attempt makes a challenge that is still open void.
    session.hidden.pop("challenge", None)
    intent = outcomes.intent_of(session)
    if card.challenged:
        open_challenge(session, intent, card, expiry, payer)
        return AttemptResult("challenged")
    return _charge_card(session, intent, card, expiry, payer)


@transaction.atomic(using=ALIAS)
def answer_challenge(session_id: str, approved: bool) -> AttemptResult:
    """The cardholder approved or refused the payment at the issuer."""
    session = store.get(sessions.KIND, session_id)
    remembered = session.hidden.pop("challenge", None)
    if session.status != "open" or remembered is None:
        return CLOSED
    intent = outcomes.intent_of(session)
    if approved:
        return _charge_card(session, intent, *challenged_card(remembered))
    session.save()
    outcomes.fail(intent, AUTHENTICATION_FAILED, None)
    emit(("payment_intent.payment_failed", intent.body))
    return AttemptResult("declined", AUTHENTICATION_FAILED)


def method_details(card: Card, expiry: Expiry, amount: int) -> dict[str, Any]:
    """The charge's `payment_method_details`."""
    return payment_method_details.card(
        brand=card.brand,
        last4=card.number[-4:],
        month=expiry.month,
        year=expiry.year,
        cvc_check=card.cvc_check,
        postal_check=card.postal_check,
        three_d_secure=card.challenged,
        amount=amount,
    )


def open_challenge(session: Record, intent: Record, card: Card, expiry: Expiry, payer: Payer) -> None:
    """The issuer asks the cardholder, who will answer on a page of its own."""
    session.hidden["challenge"] = challenge(card, expiry, payer)
    session.save()
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": f"{session.body['url']}/3ds"}}
    store.save(intent, {**intent.body, "status": "requires_action", "next_action": action})


def challenge(card: Card, expiry: Expiry, payer: Payer) -> dict[str, Any]:
    """What is remembered of a card until its holder has answered."""
    return {
        "number": card.number,
        "month": expiry.month,
        "year": expiry.year,
        "email": payer.email,
        "name": payer.name,
    }


def challenged_card(remembered: dict[str, Any]) -> tuple[Card, Expiry, Payer]:
    """The card that a challenge is about, and whose."""
    card = test_cards.lookup(remembered["number"])
    return card, Expiry(remembered["month"], remembered["year"]), Payer(remembered["email"], remembered["name"])


def _charge_card(session: Record, intent: Record, card: Card, expiry: Expiry, payer: Payer) -> AttemptResult:
    events, failure = charge_intent(intent, card, expiry, payer)
    if failure is not None:
        session.save()
        emit(*events)
        return AttemptResult("declined", failure)
    outcomes.complete(session, payer, "paid")
    emit(*events, ("checkout.session.completed", session.body))
    return AttemptResult("paid")


def charge_intent(
    intent: Record, card: Card, expiry: Expiry, payer: Payer, *, method: str | None = None
) -> tuple[list[NewEvent], Failure | None]:
    """Charge the card for the intent. Returns the events to emit, and why it was declined if it was."""
    intent.body["payment_method"] = method or ids.new("pm")
    charge_body = charge.build(
        intent.body,
        payer,
        method_details(card, expiry, intent.body["amount"]),
        created=clock.timestamp(),
        receipt_base_url=outcomes.receipt_base_url(),
        risk=card.risk,
        failure=card.failure,
    )
    if card.failure is not None:
        store.add(charge_body)
        outcomes.fail(intent, card.failure, charge_body["id"])
        return [("charge.failed", charge_body), ("payment_intent.payment_failed", intent.body)], card.failure
    store.add(charge_body, hidden={"card": card.number}, due_at=settlement.due_time())
    outcomes.succeed(intent, charge_body["id"])
    return [("charge.succeeded", charge_body), ("payment_intent.succeeded", intent.body)], None
