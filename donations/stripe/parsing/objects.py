"""Stripe's objects: what a session, payment intent, charge, refund or dispute says about one donation.

A webhook's snapshot and an object fetched by us go through the same parser, so both tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from donations.domain.updates import (
    Checkout,
    Dispute,
    DisputeStatus,
    FraudWarning,
    Movement,
    Payment,
    PaymentFailure,
    Refund,
    RefundStatus,
    StripeUpdate,
)
from donations.stripe.parsing.recurring import begun_by, invoice, parent, subscription
from donations.stripe.parsing.values import (
    CHARGE_WORDS,
    INTENT_WORDS,
    PAID_WORDS,
    Unreadable,
    arrives_late,
    is_id,
    mark,
    moment,
    money,
    payer,
    plain,
    presented,
    refs,
    text,
    took_money,
)


def update_of(thing: dict[str, Any], *, at: datetime) -> StripeUpdate | None:
    """The update of a Stripe object; None when it is nothing we book.

    `at` is the time of the event, or of the fetch. Raises Unreadable when a documented key is missing or wrong: in an
    object of ours. What another seller's object holds is not our business, so there it means "nothing we book".
    """
    read = _READERS.get(str(thing.get("object")))
    if read is None:
        return None
    try:
        update = read(thing, at)
        seen = presented(thing) if update and read not in _UNMARKED else None
        return replace(update, presented=seen) if update and seen else update
    except (Unreadable, KeyError, TypeError, ValueError, AttributeError) as error:
        payment = _payment_named(thing) if read in _UNMARKED else None
        if payment is not None or ours(thing):
            raise Unreadable(f"{thing.get('object')} {thing.get('id')}: {error}", payment) from error
        return None


def _payment_named(thing: dict[str, Any]) -> str:
    """The payment intent or charge that an object names, as far as it can be read."""
    named = (thing.get("payment_intent"), thing.get("charge"))
    ids = [each.get("id") if isinstance(each, dict) else each for each in named]
    return next((str(each) for each in ids if is_id(each, "")), "")


def _session(session: dict[str, Any], at: datetime) -> StripeUpdate:
    intent = session.get("payment_intent")
    fetched = intent if isinstance(intent, dict) else {}
    intent_id = fetched.get("id") or intent or ""
    charge = fetched.get("latest_charge")
    checkout = Checkout(session.get("status") or Checkout.OPEN)
    if session.get("payment_status") == "no_payment_required" and checkout is Checkout.COMPLETE:
        # Nothing was to be paid, so nothing is on its way: it ended like a page that nobody paid on.
        checkout = Checkout.EXPIRED
    paid = session.get("payment_status") == "paid"
    update = StripeUpdate(
        at=moment(charge["created"]) if isinstance(charge, dict) else at,
        refs=refs(session["id"], intent_id, charge),
        session=text(session, "id"),
        checkout=checkout,
        # With the payment intent at hand (we asked for it) a delayed payment that will never come can be told from
        # one on its way. A failed intent while the session is open is a mere decline.
        settling_failed=(
            checkout is Checkout.COMPLETE
            and not paid
            and fetched.get("status") in {"requires_payment_method", "canceled"}
        ),
        delayed=checkout is Checkout.COMPLETE and not paid,
        arrival_unknown=arrives_late(charge),
        failure=_failure(charge, at),
        **payer(session.get("customer_details") or {}),
        unknown_status=_unknown(session, Checkout) or _unknown(session, PAID_WORDS, "payment_status"),
        follow=begun_by(session),
        **ours(session),
        **_asked(session, "amount_total"),
    )
    # A subscription's session is never a payment: its invoices are.
    if not paid or session.get("mode") != "payment":
        return update
    return replace(update, change=_payment(session, intent_id, "amount_total"))


def _intent(intent: dict[str, Any], at: datetime) -> StripeUpdate:
    charge = intent.get("latest_charge")
    update = StripeUpdate(
        at=moment(charge["created"]) if isinstance(charge, dict) else at,
        refs=refs(intent["id"], charge),
        arrival_unknown=arrives_late(charge),
        failure=_failure(charge, at),
        unknown_status=_unknown(intent, INTENT_WORDS),
        **ours(intent),
        **_asked(intent, "amount"),
    )
    if text(intent, "status") != "succeeded":
        return update
    return replace(update, change=_payment(intent, intent["id"], "amount_received"))


def _charge(charge: dict[str, Any], at: datetime) -> StripeUpdate:
    intent = charge.get("payment_intent")
    intent_id = intent["id"] if isinstance(intent, dict) else intent or ""
    update = StripeUpdate(
        at=moment(charge["created"]),
        refs=refs(intent_id, charge["id"]),
        arrival_unknown=arrives_late(charge),
        unknown_status=_unknown(charge, CHARGE_WORDS),
        **ours(charge),
        **_asked(charge, "amount"),
    )
    if charge.get("status") == "pending":
        # A bank debit on its way: its page is complete, whoever has told us of that.
        return replace(update, checkout=Checkout.COMPLETE, delayed=True)
    if failure := _failure(charge, at):
        return replace(update, checkout=Checkout.COMPLETE, delayed=True, settling_failed=True, failure=failure)
    # A charge without a payment intent was not made by Checkout, and an uncaptured one has moved nothing.
    if charge.get("status") != "succeeded" or not charge.get("captured") or not intent_id:
        return update
    return replace(update, change=_payment(charge, intent_id, "amount_captured"))


def _failure(charge: Any, at: datetime) -> PaymentFailure | None:
    """The failure of a charge that stood in our balance: a bank debit's, never a mere decline."""
    if not isinstance(charge, dict) or charge.get("status") != "failed":
        return None
    intent = charge.get("payment_intent")
    intent_id = intent["id"] if isinstance(intent, dict) else intent
    if not intent_id or not (charge.get("balance_transaction") or charge.get("failure_balance_transaction")):
        return None
    return PaymentFailure(text(charge, "id"), text({"intent": intent_id}, "intent"), *money(charge, "amount"), at)


def _refund(refund: dict[str, Any], at: datetime) -> StripeUpdate:
    status = RefundStatus(refund.get("status") or RefundStatus.PENDING)
    amount, currency = money(refund, "amount")
    return StripeUpdate(
        at=at,
        refs=refs(refund["id"], refund.get("payment_intent"), refund.get("charge")),
        unknown_status=_unknown(refund, RefundStatus),
        change=Refund(
            id=text(refund, "id"),
            made_at=moment(refund.get("created")),
            amount=amount,
            currency=currency,
            status=status,
            debited=status is RefundStatus.SUCCEEDED or bool(refund.get("balance_transaction")),
            credited=bool(refund.get("failure_balance_transaction")),
            asked_by=plain((refund.get("metadata") or {}).get("tincup_asked_by")),
            request=plain((refund.get("metadata") or {}).get("tincup_refund")),
        ),
    )


def _dispute(dispute: dict[str, Any], at: datetime) -> StripeUpdate:
    amount, currency = money(dispute, "amount")
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    return StripeUpdate(
        at=at,
        refs=refs(dispute["id"], dispute.get("payment_intent"), dispute.get("charge")),
        unknown_status=_unknown(dispute, DisputeStatus),
        change=Dispute(
            id=text(dispute, "id"),
            amount=amount,
            currency=currency,
            status=plain(text(dispute, "status"))[:32],
            deadline=moment(due_by) if due_by else None,
            movements=tuple(_movement(transaction) for transaction in dispute.get("balance_transactions") or []),
            reason=plain(dispute.get("reason"))[:40],
        ),
    )


def _movement(transaction: dict[str, Any]) -> Movement:
    amount = transaction.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or not abs(amount) < 10**12:
        raise Unreadable(f"balance transaction amount {amount!r}")
    return Movement(
        text(transaction, "id"),
        amount,
        text(transaction, "currency"),
        moment(transaction.get("created")),
        took_money(transaction),
    )


def _fraud_warning(warning: dict[str, Any], at: datetime) -> StripeUpdate:
    return StripeUpdate(
        at=at,
        refs=refs(warning["id"], warning.get("payment_intent"), warning.get("charge")),
        change=FraudWarning(
            id=text(warning, "id"),
            actionable=bool(warning.get("actionable")),
            reason=plain(warning.get("fraud_type"))[:40],
            made_at=moment(warning.get("created")),
        ),
    )


def _unknown(thing: dict[str, Any], words: Iterable[str], key: str = "status") -> bool:
    """Whether the status is a word that we do not know: Stripe adds some without a new release."""
    return bool(thing.get(key)) and thing[key] not in {str(word) for word in words} - {DisputeStatus.UNKNOWN}


def ours(thing: dict[str, Any]) -> dict[str, Any]:
    """Which donation the object names, and of which site."""
    return mark((parent(thing) or thing).get("metadata") or {})


def _asked(thing: dict[str, Any], key: str) -> dict[str, Any]:
    """Another seller's session may have neither (mode=setup); a payment's own amount is read strictly."""
    amount, currency = thing.get(key), thing.get("currency")
    return {"amount": amount, "currency": currency} if amount and currency else {}


def _payment(thing: dict[str, Any], intent: Any, key: str) -> Payment:
    if not is_id(intent, "pi_"):
        raise Unreadable(f"{intent!r} is not a payment intent")
    return Payment(intent, *money(thing, key))


_READERS = {
    "checkout.session": _session,
    "payment_intent": _intent,
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
    "radar.early_fraud_warning": _fraud_warning,
    "subscription": subscription,
    "invoice": invoice,
}
# These carry no mark of ours; they are always read.
_UNMARKED = {_refund, _dispute, _fraud_warning}
