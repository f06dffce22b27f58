"""Payment by card: paid, declined, or challenged by the donor's bank first."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import transaction

from sandbox.core import ids, store
from sandbox.engine import outcomes, sessions, settlement, test_cards
from sandbox.engine.test_cards import Card
from sandbox.models import Record
from sandbox.objects import charge, payment_method_details
from sandbox.objects.charge import Failure, Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import announce

_REFUSED = Failure(
    "payment_intent_authentication_failure",
    None,
    "The payment was not approved, so your card was declined. Try again, or use another card.",
)


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
    # A new try makes an approval that is still open void.
    session.hidden.pop("challenge", None)
    intent = outcomes.intent_of(session)
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
    intent = outcomes.intent_of(session)
    if approved:
        card = test_cards.lookup(challenge["number"])
        expiry = Expiry(challenge["month"], challenge["year"])
        return _charge_card(session, intent, card, expiry, Payer(challenge["email"], challenge["name"]))
    session.save()
    outcomes.fail(intent, _REFUSED, None)
    announce(("payment_intent.payment_failed", intent.body))
    return Tried("declined", _REFUSED)


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
    details = payment_method_details.card(
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
        receipts=outcomes.receipts(),
        risk=card.risk,
        failure=card.failure,
    )
    if card.failure is not None:
        store.add(made)
        session.save()
        outcomes.fail(intent, card.failure, made["id"])
        announce(("charge.failed", made), ("payment_intent.payment_failed", intent.body))
        return Tried("declined", card.failure)
    store.add(made, hidden={"card": card.number}, due_at=settlement.due())
    outcomes.succeed(intent, made["id"])
    outcomes.complete(session, payer, "paid")
    announce(
        ("charge.succeeded", made),
        ("payment_intent.succeeded", intent.body),
        ("checkout.session.completed", session.body),
    )
    return Tried("paid")
