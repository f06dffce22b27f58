"""Bank debits, the delayed payment method: the session is complete long before the payment succeeds.

The balance has a debit from the moment it is submitted, and a second entry takes it out again when it fails: before it
has succeeded, or days after.
"""

from __future__ import annotations

from django.db import transaction

from sandbox.core import clock, ids, store
from sandbox.engine import balance, outcomes, sessions, settlement
from sandbox.engine.card_payments import CLOSED, AttemptResult
from sandbox.models import Behaviour, Record
from sandbox.objects import charge, payment_method_details
from sandbox.objects.charge import Failure, Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import NewEvent, emit

_INSUFFICIENT_FUNDS = Failure(
    "payment_method_provider_decline", "insufficient_funds", "The bank account has insufficient funds."
)


@transaction.atomic(using=ALIAS)
def pay(session_id: str, outcome: str, payer: Payer) -> AttemptResult:
    """The payer chose the bank: the session is complete now, and the payment succeeds later or fails."""
    session = store.get(sessions.KIND, session_id)
    if session.status != "open":
        return CLOSED
    intent = outcomes.intent_of(session)
    intent.body["payment_method"] = ids.new("pm")
    charge_body = charge.build(
        intent.body,
        payer,
        payment_method_details.bank(),
        created=clock.timestamp(),
        receipt_base_url=outcomes.receipt_base_url(),
        pending=True,
    )
    balance.post_payment(store.add(charge_body))
    intent.hidden["outcome"] = outcome
    intent.due_at = clock.now() + Behaviour.current().bank_delay
    store.save(intent, {**intent.body, "status": "processing", "latest_charge": charge_body["id"], "next_action": None})
    outcomes.complete(session, payer, "unpaid")
    emit(("checkout.session.completed", session.body))
    return AttemptResult("processing")


@transaction.atomic(using=ALIAS)
def settle(intent_id: str, outcome: str) -> bool:
    """The bank answers: "settles" or "fails"; False if it has answered before."""
    intent = store.get("payment_intent", intent_id)
    if intent.status != "processing":
        return False
    session = store.session_of(intent_id)
    charge_record = store.get("charge", intent.body["latest_charge"])
    intent.due_at = None
    if outcome == "fails":
        emit(*_fail(intent, charge_record), ("checkout.session.async_payment_failed", session.body))
    else:
        charge_record.due_at = settlement.due_time()
        store.save(charge_record, charge.succeeded(charge_record.body))
        outcomes.succeed(intent, charge_record.stripe_id)
        store.save(session, {**session.body, "payment_status": "paid"})
        emit(
            ("charge.succeeded", charge_record.body),
            ("payment_intent.succeeded", intent.body),
            ("checkout.session.async_payment_succeeded", session.body),
        )
    return True


@transaction.atomic(using=ALIAS)
def fail_late(charge_id: str) -> bool:
    """A debit that had succeeded is sent back by the bank; False if this charge is no such debit."""
    charge_record = store.get("charge", charge_id)
    method = charge_record.body["payment_method_details"]["type"]
    if charge_record.status != "succeeded" or method == "card" or charge_record.body["amount_refunded"]:
        return False
    charge_record.due_at = None
    emit(*_fail(store.get("payment_intent", charge_record.payment_intent), charge_record))
    return True


def _fail(intent: Record, charge_record: Record) -> list[NewEvent]:
    balance.post_failure(charge_record)
    store.save(charge_record, charge.failed(charge_record.body, _INSUFFICIENT_FUNDS))
    outcomes.fail(intent, _INSUFFICIENT_FUNDS, charge_record.stripe_id)
    return [("charge.failed", charge_record.body), ("payment_intent.payment_failed", intent.body)]


def settle_as_scheduled(intent_id: str) -> None:
    """The outcome that the payer chose on the payment page, unless the operator was quicker."""
    settle(intent_id, store.get("payment_intent", intent_id).hidden["outcome"])
