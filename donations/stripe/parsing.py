"""The one module that reads the shape of Stripe's JSON.

A webhook's snapshot and an object fetched by us go through the same parser, so both tell the same story.

Shapes: API release "endive" (2026-10-28), https://docs.stripe.com/api.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from donations.domain.updates import (
    BookedAtStripe,
    Checkout,
    Dispute,
    DisputeStatus,
    Movement,
    Payment,
    PayoutAtStripe,
    Refund,
    RefundStatus,
    Report,
)

# Snapshots of another release may lack or rename what we read: they are fetched anew instead of trusted.
RELEASE = "endive"

EVENT_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "charge.updated",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)


# Sent in the moment in which the money arrives.
_ARRIVALS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
    }
)


class Unreadable(Exception):
    """The object has not the shape that Stripe documents."""


def balance_transaction(thing: dict[str, Any]) -> BookedAtStripe:
    """Read a balance transaction that was listed with its source expanded."""
    source = thing.get("source")
    details = source if isinstance(source, dict) else {}
    intent = details.get("payment_intent") or ""
    amount = details.get("amount") or 0
    return BookedAtStripe(
        id=_text(thing, "id"),
        type=_text(thing, "type"),
        category=str(thing.get("reporting_category") or ""),
        source=details.get("id") or source or "",
        payment=intent["id"] if isinstance(intent, dict) else intent,
        site=str((details.get("metadata") or {}).get("tincup_site") or "")[:255],
        gift_amount=-amount if _took(thing) else amount,
        gift_currency=details.get("currency") or "",
        amount=int(thing["amount"]),
        fee=int(thing["fee"]),
        net=int(thing["net"]),
        currency=_text(thing, "currency"),
        exchange_rate=str(thing.get("exchange_rate") or ""),
        created_at=_moment(thing.get("created")),
    )


def _took(transaction: dict[str, Any]) -> bool:
    """Whether a balance transaction took money. The sign tells, unless a cent was settled to nothing."""
    if transaction["amount"]:
        return bool(transaction["amount"] < 0)
    return transaction.get("reporting_category") in {"refund", "dispute"}


def payout(thing: dict[str, Any]) -> PayoutAtStripe:
    """Read a payout. Of one that was made by hand Stripe does not know what it carried."""
    return PayoutAtStripe(
        id=_text(thing, "id"),
        amount=int(thing["amount"]),
        currency=_text(thing, "currency"),
        status=_text(thing, "status"),
        created_at=_moment(thing.get("created")),
        arrival_at=_moment(thing.get("arrival_date")),
        known=bool(thing.get("automatic")) and thing.get("reconciliation_status") == "completed",
    )


def is_event(payload: object) -> bool:
    """Whether the payload is a snapshot event. A thin one (`v2.core.event`) is not: it carries no object."""
    if not isinstance(payload, dict) or payload.get("object") != "event":
        return False
    data = payload.get("data")
    return (
        _is_id(payload.get("id"), "evt_")
        and isinstance(payload.get("type"), str)
        and 0 < len(payload["type"]) <= 100
        and "\0" not in payload["type"]
        and isinstance(payload.get("livemode"), bool)
        and isinstance(payload.get("created"), int)
        and isinstance(data, dict)
        and isinstance(data.get("object"), dict)
    )


def release_of(event: dict[str, Any]) -> str:
    """The name after the dot of the API version that the event's snapshot was made in."""
    return str(event.get("api_version") or "").partition(".")[2]


def subject_of(event: dict[str, Any]) -> str:
    """The id of the object that the event is about."""
    return _text(event["data"]["object"], "id")


def of_event(event: dict[str, Any]) -> Report | None:
    """The report of a snapshot event of our release; None when its object is nothing we book."""
    report = of(event["data"]["object"], at=_moment(event["created"]))
    if report and event["type"] in _ARRIVALS:
        # Not the charge's own time: a bank payment's charge is made days before its money arrives.
        report = replace(report, at=_moment(event["created"]))
    match event["type"]:
        case "checkout.session.async_payment_failed" if report:
            # The snapshot alone looks like a payment that is still on its way.
            return replace(report, settling_failed=True, delayed=True)
        case "checkout.session.async_payment_succeeded" if report:
            return replace(report, delayed=True)
    return report


def of(thing: dict[str, Any], *, at: datetime) -> Report | None:
    """The report of a Stripe object; None when it is nothing we book.

    `at` is the time of the event, or of the fetch. Raises Unreadable when a documented key is missing or wrong: in an
    object of ours. What another seller's object holds is not our business, so there it means "nothing we book".
    """
    read = _READERS.get(str(thing.get("object")))
    if read is None:
        return None
    try:
        return read(thing, at)
    except (Unreadable, KeyError, TypeError, ValueError, AttributeError) as error:
        if _ours(thing) or read in {_refund, _dispute}:
            raise Unreadable(f"{thing.get('object')} {thing.get('id')}: {error}") from error
        return None


def _session(session: dict[str, Any], at: datetime) -> Report:
    intent = session.get("payment_intent")
    fetched = intent if isinstance(intent, dict) else {}
    intent_id = fetched.get("id") or intent or ""
    charge = fetched.get("latest_charge")
    checkout = Checkout(session.get("status") or Checkout.OPEN)
    paid = session.get("payment_status") == "paid"
    details = session.get("customer_details") or {}
    report = Report(
        at=_moment(charge["created"]) if isinstance(charge, dict) else at,
        refs=_refs(session["id"], intent_id, charge),
        session=_text(session, "id"),
        checkout=checkout,
        # With the payment intent at hand (we asked for it) a delayed payment that will never come can be told from
        # one on its way. A failed intent while the session is open is a mere decline.
        settling_failed=(
            checkout is Checkout.COMPLETE
            and not paid
            and fetched.get("status") in {"requires_payment_method", "canceled"}
        ),
        delayed=checkout is Checkout.COMPLETE and not paid,
        email=_plain(details.get("email")),
        **_ours(session),
        **_asked(session, "amount_total"),
    )
    # A subscription's session is never a payment: its invoices are.
    if not paid or session.get("mode") != "payment":
        return report
    return replace(report, payment=_payment(session, intent_id, "amount_total"))


def _intent(intent: dict[str, Any], at: datetime) -> Report:
    charge = intent.get("latest_charge")
    report = Report(
        at=_moment(charge["created"]) if isinstance(charge, dict) else at,
        refs=_refs(intent["id"], charge),
        **_ours(intent),
        **_asked(intent, "amount"),
    )
    if _text(intent, "status") != "succeeded":
        return report
    return replace(report, payment=_payment(intent, intent["id"], "amount_received"))


def _charge(charge: dict[str, Any], at: datetime) -> Report:
    intent = charge.get("payment_intent")
    intent_id = intent["id"] if isinstance(intent, dict) else intent or ""
    report = Report(
        at=_moment(charge["created"]),
        refs=_refs(intent_id, charge["id"]),
        **_ours(charge),
        **_asked(charge, "amount"),
    )
    # A charge without a payment intent was not made by Checkout, and an uncaptured one has moved nothing.
    if charge.get("status") != "succeeded" or not charge.get("captured") or not intent_id:
        return report
    return replace(report, payment=_payment(charge, intent_id, "amount_captured"))


def _refund(refund: dict[str, Any], at: datetime) -> Report:
    status = RefundStatus(refund.get("status") or RefundStatus.PENDING)
    amount, currency = _money(refund, "amount")
    return Report(
        at=at,
        refs=_refs(refund["id"], refund.get("payment_intent"), refund.get("charge")),
        refund=Refund(
            id=_text(refund, "id"),
            made_at=_moment(refund.get("created")),
            amount=amount,
            currency=currency,
            status=status,
            debited=status is RefundStatus.SUCCEEDED or bool(refund.get("balance_transaction")),
            credited=bool(refund.get("failure_balance_transaction")),
            asked_by=_plain((refund.get("metadata") or {}).get("tincup_asked_by")),
            request=_plain((refund.get("metadata") or {}).get("tincup_refund")),
        ),
    )


def _dispute(dispute: dict[str, Any], at: datetime) -> Report:
    amount, currency = _money(dispute, "amount")
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    return Report(
        at=at,
        refs=_refs(dispute["id"], dispute.get("payment_intent"), dispute.get("charge")),
        dispute=Dispute(
            id=_text(dispute, "id"),
            amount=amount,
            currency=currency,
            status=DisputeStatus(_text(dispute, "status")),
            deadline=_moment(due_by) if due_by else None,
            movements=tuple(
                _movement(transaction, amount, currency) for transaction in dispute.get("balance_transactions") or []
            ),
            reason=_plain(dispute.get("reason"))[:40],
        ),
    )


def _movement(transaction: dict[str, Any], disputed: int, currency: str) -> Movement:
    """Settled in another currency than the gift's, only the sign of a balance transaction can be used."""
    amount = transaction.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or not abs(amount) < 10**12:
        raise Unreadable(f"balance transaction amount {amount!r}")
    if transaction.get("currency") != currency or not amount:
        amount = -disputed if _took(transaction) else disputed
    return Movement(_text(transaction, "id"), amount, currency, _moment(transaction.get("created")))


def _ours(thing: dict[str, Any]) -> dict[str, Any]:
    metadata = thing.get("metadata") or {}
    try:
        donation = uuid.UUID(metadata["tincup_donation"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
    return {"site": str(metadata.get("tincup_site", "")), "donation": donation}


def _asked(thing: dict[str, Any], key: str) -> dict[str, Any]:
    """Another seller's session may have neither (mode=setup); a payment's own amount is read strictly."""
    amount, currency = thing.get(key), thing.get("currency")
    return {"amount": amount, "currency": currency} if amount and currency else {}


def _payment(thing: dict[str, Any], intent: Any, key: str) -> Payment:
    if not _is_id(intent, "pi_"):
        raise Unreadable(f"{intent!r} is not a payment intent")
    return Payment(intent, *_money(thing, key))


def _money(thing: dict[str, Any], key: str) -> tuple[int, str]:
    amount, currency = thing.get(key), thing.get("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < 10**12:
        raise Unreadable(f"{thing.get('object')}.{key} is {amount!r}")
    if not isinstance(currency, str) or len(currency) != 3:
        raise Unreadable(f"{thing.get('object')}.currency is {currency!r}")
    return amount, currency


def _refs(*things: Any) -> tuple[str, ...]:
    ids = {thing["id"] if isinstance(thing, dict) else thing for thing in things if thing}
    if not all(_is_id(reference, "") for reference in ids):
        raise Unreadable(f"{ids!r} are not ids of Stripe's")
    return tuple(sorted(ids))


def _is_id(value: Any, prefix: str) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(prefix)
        and len(value) <= 255
        and value.isascii()
        and value.replace("_", "").isalnum()
    )


def _text(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise Unreadable(f"{thing.get('object')}.{key} is {value!r}")
    return value


def _plain(value: Any) -> str:
    """Donor's text as the database takes it: PostgreSQL refuses NUL."""
    return "".join(character for character in str(value or "") if character.isprintable())[:254]


def _moment(seconds: Any) -> datetime:
    if not isinstance(seconds, int) or not 0 < seconds < 10**11:
        raise Unreadable(f"{seconds!r} is not a time")
    return datetime.fromtimestamp(seconds, UTC)


# A refund or dispute carries no mark of ours; it is always read.
_READERS = {
    "checkout.session": _session,
    "payment_intent": _intent,
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
}
