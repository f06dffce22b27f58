"""Disputes, where the cardholder's bank asks for the money back: inquiries, chargebacks, and how they end."""

from __future__ import annotations

from django.db import transaction

from sandbox.core import clock, store
from sandbox.engine import balance
from sandbox.models import Record
from sandbox.objects import dispute
from sandbox.router import ALIAS
from sandbox.webhooks.events import NewEvent, emit

KIND = "dispute"
FEE = 1500

# The status in which each kind is opened.
KINDS = {
    "chargeback": "needs_response",
    "inquiry": "warning_needs_response",
    "lost": "lost",
    # Settled with the cardholder's bank before it became a chargeback: the money is gone, and nothing can be answered.
    "prevented": "prevented",
}

_INQUIRY = ("warning_needs_response", "warning_under_review")
_CONTESTED = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
# While a dispute is in one of these, its funds are with the cardholder's bank.
_FUNDS_WITHDRAWN = {*_CONTESTED, "lost", "prevented"}
_CLOSED = {"won", "lost", "prevented", "warning_closed"}

# Transition -> the statuses that it starts from -> where it leads.
_TRANSITIONS = {
    "escalate": dict.fromkeys(_INQUIRY, "needs_response"),
    "under_review": {
        "warning_needs_response": "warning_under_review",
        "needs_response": "under_review",
        "appeal_needs_response": "appeal_under_review",
    },
    "won": dict.fromkeys(_CONTESTED, "won"),
    "lost": dict.fromkeys(_CONTESTED, "lost"),
    "appeal": dict.fromkeys(("won", "lost"), "appeal_needs_response"),
    "closed": dict.fromkeys(_INQUIRY, "warning_closed"),
}
TRANSITIONS = list(_TRANSITIONS)


def allowed_transitions(status: str) -> list[str]:
    """What can become of a dispute in this status."""
    return [name for name, steps in _TRANSITIONS.items() if status in steps]


def funds_withdrawn(charge_id: str) -> bool:
    """Whether a chargeback has withdrawn the charge's funds, so that it cannot be refunded as well."""
    return Record.objects.filter(charge=charge_id, kind=KIND, status__in=_FUNDS_WITHDRAWN).exists()


@transaction.atomic(using=ALIAS)
def open(charge_id: str, kind: str, *, amount: int | None = None, reason: str = "") -> Record:
    """The cardholder's bank has asked, or has already taken the funds."""
    charge = store.get("charge", charge_id)
    balance.post_charge(charge)
    body = dispute.build(
        charge.body,
        amount or charge.body["amount"],
        created=clock.timestamp(),
        status=KINDS[kind],
        reason=reason or ("general" if kind == "inquiry" else "fraudulent"),
    )
    case = store.add(body)
    store.update(charge, disputed=True)
    moved = _move_funds(case, charge)
    emitted: list[NewEvent] = [("charge.dispute.created", case.body), *moved]
    if case.status in _CLOSED:
        emitted.append(("charge.dispute.closed", case.body))
    emit(*emitted)
    return case


@transaction.atomic(using=ALIAS)
def advance(dispute_id: str, transition: str) -> Record | None:
    """Make the transition; None if the dispute's status does not allow it."""
    case = store.get(KIND, dispute_id)
    status = _TRANSITIONS[transition].get(case.status)
    if status is None:
        return None
    evidence, details = case.body["evidence_details"], case.body["payment_method_details"]
    if transition == "under_review":
        evidence = {**evidence, "has_evidence": True, "submission_count": evidence["submission_count"] + 1}
    if transition == "escalate" and "card" in details:
        details = {**details, "card": {**details["card"], "case_type": "chargeback"}}
    previous = store.update(
        case,
        status=status,
        evidence_details=evidence,
        payment_method_details=details,
        is_charge_refundable=status.startswith("warning_"),
    )
    moved = _move_funds(case, store.get("charge", case.charge))
    updated: NewEvent = ("charge.dispute.updated", case.body, previous)
    if status in _CLOSED:
        updated = ("charge.dispute.closed", case.body)
    emit(updated, *moved)
    return case


def _move_funds(case: Record, charge: Record) -> list[NewEvent]:
    """Withdraw the funds or reinstate them, if the new status asks for it."""
    # Withdrawn and reinstated in turns: after an odd number of entries they are withdrawn.
    transactions = case.body["balance_transactions"]
    is_withdrawn, should_be_withdrawn = len(transactions) % 2 == 1, case.status in _FUNDS_WITHDRAWN
    if is_withdrawn == should_be_withdrawn:
        return []
    amount = case.body["amount"]
    posted = balance.post_against_charge(
        "adjustment",
        -amount if should_be_withdrawn else amount,
        charge,
        source=case.stripe_id,
        description=f"Chargeback {'withdrawal' if should_be_withdrawn else 'reversal'} for {charge.stripe_id}",
        fee=FEE if should_be_withdrawn else 0,
        fee_for="Dispute fee",
        reporting_category="dispute" if should_be_withdrawn else "dispute_reversal",
    )
    store.update(case, balance_transactions=[*transactions, posted])
    return [(f"charge.dispute.funds_{'withdrawn' if should_be_withdrawn else 'reinstated'}", case.body)]
