"""A donor who asks their bank for the money back: inquiries, chargebacks, and how they end."""

from __future__ import annotations

import time

from django.db import transaction

from sandbox.core import store
from sandbox.engine import balance
from sandbox.models import Record
from sandbox.objects import dispute
from sandbox.router import ALIAS
from sandbox.webhooks.events import Happening, announce

KIND = "dispute"
FEE = 1500

# The status in which each kind arrives.
KINDS = {"chargeback": "needs_response", "inquiry": "warning_needs_response", "lost": "lost"}

_INQUIRY = ("warning_needs_response", "warning_under_review")
_CONTESTED = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
# While a dispute is in one of these, its money is with the donor's bank.
_MONEY_OUT = {*_CONTESTED, "lost"}
_CLOSED = {"won", "lost", "warning_closed"}

# Move -> the statuses that it can start from -> where it leads.
_MOVES = {
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
MOVES = list(_MOVES)


def possible(status: str) -> list[str]:
    """The moves that can be made from here."""
    return [move for move, steps in _MOVES.items() if status in steps]


def holds(charge_id: str) -> bool:
    """Whether a chargeback holds the charge's money, so that it cannot be refunded as well."""
    return Record.objects.filter(charge=charge_id, kind=KIND, status__in=_MONEY_OUT).exists()


@transaction.atomic(using=ALIAS)
def open(charge_id: str, kind: str, *, amount: int | None = None, reason: str = "") -> Record:
    """The donor's bank has asked, or has already taken the money."""
    charge = store.get("charge", charge_id)
    balance.book(charge)
    body = dispute.build(
        charge.body,
        amount or charge.body["amount"],
        created=int(time.time()),
        status=KINDS[kind],
        reason=reason or ("general" if kind == "inquiry" else "fraudulent"),
    )
    made = store.add(body)
    store.change(charge, disputed=True)
    moved = _move_money(made, charge)
    told: list[Happening] = [("charge.dispute.created", made.body), *moved]
    if made.status in _CLOSED:
        told.append(("charge.dispute.closed", made.body))
    announce(*told)
    return made


@transaction.atomic(using=ALIAS)
def move(dispute_id: str, to: str) -> Record | None:
    """The case goes on; None if it cannot go there from where it is."""
    case = store.get(KIND, dispute_id)
    status = _MOVES[to].get(case.status)
    if status is None:
        return None
    evidence, details = case.body["evidence_details"], case.body["payment_method_details"]
    if to == "under_review":
        evidence = {**evidence, "has_evidence": True, "submission_count": evidence["submission_count"] + 1}
    if to == "escalate" and "card" in details:
        details = {**details, "card": {**details["card"], "case_type": "chargeback"}}
    previous = store.change(
        case,
        status=status,
        evidence_details=evidence,
        payment_method_details=details,
        is_charge_refundable=status.startswith("warning_"),
    )
    moved = _move_money(case, store.get("charge", case.charge))
    first: Happening = ("charge.dispute.updated", case.body, previous)
    if status in _CLOSED:
        first = ("charge.dispute.closed", case.body)
    announce(first, *moved)
    return case


def _move_money(case: Record, charge: Record) -> list[Happening]:
    """Take the money or give it back, if the new status asks for it."""
    # Taken and given back in turns: after an odd number of movements it is out.
    entries = case.body["balance_transactions"]
    is_out, should_be_out = len(entries) % 2 == 1, case.status in _MONEY_OUT
    if is_out == should_be_out:
        return []
    amount = case.body["amount"]
    entry = balance.move(
        "adjustment",
        -amount if should_be_out else amount,
        charge,
        source=case.stripe_id,
        description=f"Chargeback {'withdrawal' if should_be_out else 'reversal'} for {charge.stripe_id}",
        fee=FEE if should_be_out else 0,
        fee_for="Dispute fee",
        reporting_category="dispute" if should_be_out else "dispute_reversal",
    )
    store.change(case, balance_transactions=[*entries, entry])
    return [(f"charge.dispute.funds_{'withdrawn' if should_be_out else 'reinstated'}", case.body)]
