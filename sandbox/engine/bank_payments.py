"""Payment from a bank account, the delayed method: the session is complete long before the money is there."""

from __future__ import annotations

import time

from django.db import transaction

from sandbox.core import ids, store
from sandbox.engine import outcomes, sessions, settlement
from sandbox.engine.card_payments import CLOSED, Tried
from sandbox.models import Behaviour
from sandbox.objects import charge, payment_method_details
from sandbox.objects.charge import Failure, Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import announce

_NO_MONEY = Failure("payment_method_provider_decline", "insufficient_funds", "The bank account has insufficient funds.")


@transaction.atomic(using=ALIAS)
def pay(session_id: str, outcome: str, payer: Payer) -> Tried:
    """The donor chose the bank: the session is complete now, the money comes later or not at all."""
    session = store.get(sessions.KIND, session_id)
    if session.status != "open":
        return CLOSED
    intent = outcomes.intent_of(session)
    intent.body["payment_method"] = ids.new("pm")
    pending = charge.build(
        intent.body,
        payer,
        payment_method_details.bank(),
        created=int(time.time()),
        receipts=outcomes.receipts(),
        pending=True,
    )
    store.add(pending)
    intent.hidden["outcome"] = outcome
    intent.due_at = time.time() + Behaviour.current().bank_delay
    store.save(intent, {**intent.body, "status": "processing", "latest_charge": pending["id"], "next_action": None})
    outcomes.complete(session, payer, "unpaid")
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
        outcomes.fail(intent, _NO_MONEY, made.stripe_id)
        announce(
            ("charge.failed", made.body),
            ("payment_intent.payment_failed", intent.body),
            ("checkout.session.async_payment_failed", session.body),
        )
    else:
        made.due_at = settlement.due()
        store.save(made, charge.succeeded(made.body))
        outcomes.succeed(intent, made.stripe_id)
        store.save(session, {**session.body, "payment_status": "paid"})
        announce(
            ("charge.succeeded", made.body),
            ("payment_intent.succeeded", intent.body),
            ("checkout.session.async_payment_succeeded", session.body),
        )
    return True


def settle_as_foreseen(intent_id: str) -> None:
    """The bank's answer that the donor asked for on the pay page, unless the operator was quicker."""
    settle(intent_id, store.get("payment_intent", intent_id).hidden["outcome"])
