"""What the operator may do to money at "Stripe": refund, dispute, decide both, pay out, bill a fee.

As in Stripe's dashboard: no request of the site's causes it. A stranger's payment can be treated like a gift.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.core import errors, store
from sandbox.core.currencies import MAXIMUM
from sandbox.core.validators import choice, currency, hash_of, integer, text
from sandbox.engine import balance, disputes, payouts, refunds, sessions
from sandbox.models import Record
from sandbox.router import ALIAS
from sandbox.webhooks.events import Cause

Body = dict[str, Any]

_amount = integer(1, MAXIMUM)
_paid = {"session": text(), "payment_intent": text(), "charge": text()}

_REFUND = hash_of({**_paid, "amount": _amount})
_SETTLE_REFUND = hash_of({"refund": text(), "outcome": choice(refunds.OUTCOMES)}, required=["refund", "outcome"])
_DISPUTE = hash_of({**_paid, "amount": _amount, "kind": choice(disputes.KINDS)}, required=["kind"])
_DISPUTE_MOVE = hash_of({"dispute": text(), "to": choice(disputes.MOVES)}, required=["dispute", "to"])
_STRIPE_FEE = hash_of({"amount": _amount, "currency": currency})


def refund(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/refund: all that is left of a payment, or an amount of it."""
    wanted = _REFUND(raw, "")
    return refunds.create(_charge(wanted).stripe_id, wanted.get("amount")).body


def settle_refund(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/settle_refund: what becomes of a refund."""
    wanted = _SETTLE_REFUND(raw, "")
    _known(refunds.KIND, wanted["refund"])
    settled = refunds.settle(wanted["refund"], wanted["outcome"])
    if settled is None:
        raise errors.invalid("That cannot become of this refund any more.", "outcome")
    return settled.body


def dispute(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/dispute: the donor's bank asks, or takes the money."""
    wanted = _DISPUTE(raw, "")
    charge = _charge(wanted)
    amount = wanted.get("amount")
    if amount and amount > charge.body["amount"]:
        raise errors.invalid("A dispute cannot be about more than the payment.", "amount")
    return disputes.open(charge.stripe_id, wanted["kind"], amount=amount).body


def dispute_move(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/dispute_move: the case goes on."""
    wanted = _DISPUTE_MOVE(raw, "")
    _known(disputes.KIND, wanted["dispute"])
    moved = disputes.move(wanted["dispute"], wanted["to"])
    if moved is None:
        raise errors.invalid("This dispute cannot go there from where it is.", "to")
    return moved.body


def payout(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/payout: the balance goes to the bank, one payout for each currency."""
    hash_of({})(raw, "")
    return {
        "object": "list",
        "data": [made.body for made in payouts.pay_out()],
        "has_more": False,
        "url": "/v1/payouts",
    }


@transaction.atomic(using=ALIAS)
def stripe_fee(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/stripe_fee: Stripe bills the account for something that is no payment."""
    wanted = _STRIPE_FEE(raw, "")
    amount, of = wanted.get("amount", 200), wanted.get("currency", "usd")
    return balance.enter("stripe_fee", -amount, of, description="Radar for Fraud Teams")


def _charge(wanted: Body) -> Record:
    """The succeeded charge behind whatever id was given."""
    intent_id = wanted.get("payment_intent")
    name = next((name for name in _paid if wanted.get(name)), None)
    if name is None:
        raise errors.missing("session")
    if name == "session":
        intent_id = _known(sessions.KIND, wanted["session"]).payment_intent
    found = _known("charge", wanted["charge"]) if name == "charge" else store.charge_of(intent_id or "")
    if found is None or found.status != "succeeded":
        raise errors.invalid("There is no successful payment behind this.", name)
    return found


def _known(kind: str, stripe_id: str) -> Record:
    found = store.find(kind, stripe_id)
    if found is None:
        raise errors.no_such(kind, stripe_id, kind.rpartition(".")[2])
    return found
