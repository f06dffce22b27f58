"""What the operator may do to money at "Stripe": refund, dispute, decide both, pay out, bill a fee.

As in Stripe's dashboard: no API request makes these changes. Another merchant's payments are treated alike.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.core import errors, store
from sandbox.core.currencies import MAXIMUM
from sandbox.core.validators import choice, currency, hash_of, integer, text
from sandbox.engine import balance, bank_payments, disputes, fraud_warnings, payouts, refunds, sessions
from sandbox.engine.recurring import checkout as recurring
from sandbox.engine.recurring import invoices
from sandbox.models import Record
from sandbox.router import ALIAS
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]

_amount = integer(1, MAXIMUM)
_payment_ids = {"session": text(), "payment_intent": text(), "charge": text(), "invoice": text()}

_REFUND = hash_of({**_payment_ids, "amount": _amount})
_SETTLE_REFUND = hash_of({"refund": text(), "outcome": choice(refunds.OUTCOMES)}, required=["refund", "outcome"])
_PAYMENT = hash_of(_payment_ids)
_DISPUTE = hash_of({**_payment_ids, "amount": _amount, "kind": choice(disputes.KINDS)}, required=["kind"])
_ADVANCE_DISPUTE = hash_of({"dispute": text(), "to": choice(disputes.TRANSITIONS)}, required=["dispute", "to"])
_PAYOUT = hash_of({"minimum": _amount})
_STRIPE_FEE = hash_of({"amount": _amount, "currency": currency})


def refund(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/refund: all that is left of a payment, or an amount of it."""
    params = _REFUND(raw, "")
    return refunds.create(_succeeded_charge(params).stripe_id, params.get("amount")).body


def settle_refund(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/settle_refund: the outcome of a refund."""
    params = _SETTLE_REFUND(raw, "")
    store.require(refunds.KIND, params["refund"], "refund")
    settled = refunds.settle(params["refund"], params["outcome"])
    if settled is None:
        raise errors.parameter_invalid("That cannot become of this refund any more.", "outcome")
    return settled.body


def fail_payment(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/fail_payment: the bank sends a debit back that had succeeded."""
    charge = _succeeded_charge(_PAYMENT(raw, ""))
    if not bank_payments.fail_late(charge.stripe_id):
        message = "Only a bank payment that is not refunded can fail after it succeeded."
        raise errors.parameter_invalid(message, "charge")
    return store.get("charge", charge.stripe_id).body


def dispute(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/dispute: the cardholder's bank asks, or takes the funds."""
    params = _DISPUTE(raw, "")
    charge = _succeeded_charge(params)
    amount = params.get("amount")
    if amount and amount > charge.body["amount"]:
        raise errors.parameter_invalid("A dispute cannot be about more than the payment.", "amount")
    return disputes.open(charge.stripe_id, params["kind"], amount=amount).body


def fraud_warning(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/fraud_warning: the card's network takes the payment for fraud."""
    return fraud_warnings.warn(_succeeded_charge(_PAYMENT(raw, "")).stripe_id).body


def advance_dispute(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/dispute_move: the dispute's next status."""
    params = _ADVANCE_DISPUTE(raw, "")
    store.require(disputes.KIND, params["dispute"], "dispute")
    advanced = disputes.advance(params["dispute"], params["to"])
    if advanced is None:
        raise errors.parameter_invalid("This dispute cannot go there from where it is.", "to")
    return advanced.body


def payout(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/payout: the balance but a minimum goes to the bank, a payout for each currency."""
    minimum = _PAYOUT(raw, "").get("minimum", 0)
    return {
        "object": "list",
        "data": [record.body for record in payouts.create_all(minimum)],
        "has_more": False,
        "url": "/v1/payouts",
    }


@transaction.atomic(using=ALIAS)
def stripe_fee(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/stripe_fee: Stripe bills the account for something that is no payment."""
    params = _STRIPE_FEE(raw, "")
    amount, in_currency = params.get("amount", 200), params.get("currency", "usd")
    return balance.post("stripe_fee", -amount, in_currency, description="Radar for Fraud Teams")


def _succeeded_charge(params: Body) -> Record:
    """The succeeded charge behind whatever id was given."""
    intent_id = params.get("payment_intent")
    name = next((name for name in _payment_ids if params.get(name)), None)
    if name is None:
        raise errors.parameter_missing("session")
    if name in {"session", "invoice"}:
        kind = sessions.KIND if name == "session" else invoices.KIND
        paid = store.require(kind, params[name], name)
        intent = recurring.intent_of(paid) if name == "session" else invoices.intent_of(paid)
        intent_id = intent.stripe_id if intent else None
    charge = store.require("charge", params["charge"], name) if name == "charge" else store.charge_of(intent_id or "")
    if charge is None or charge.status != "succeeded":
        raise errors.parameter_invalid("There is no successful payment behind this.", name)
    return charge
