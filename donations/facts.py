"""The one module that reads the shape of Stripe's JSON.

A webhook's snapshot and an object fetched by us go through the same parser, so both tell the same story. A Report is
what ONE Stripe object says about ONE donation; reports only ever add facts, whatever order they come in.

Shapes: API release "endive" (2026-10-28), https://docs.stripe.com/api.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

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
    }
)


class Unreadable(Exception):
    """The object has not the shape that Stripe documents."""


class Checkout(StrEnum):
    """How far a checkout session came. A finished one never opens again."""

    OPEN = "open"
    EXPIRED = "expired"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived: `amount` in minor units of `currency`, keyed by its payment intent."""

    intent: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one Stripe object says about a donation."""

    at: datetime
    # Every Stripe id the object names.
    refs: tuple[str, ...] = ()
    # From the metadata that we put on the session and on its payment intent.
    site: str = ""
    donation: uuid.UUID | None = None
    # What was asked: minor units, for rebuilding a donation that a restored backup has forgotten.
    amount: int = 0
    currency: str = ""
    session: str = ""
    checkout: Checkout = Checkout.OPEN
    settling_failed: bool = False
    payment: Payment | None = None
    email: str = ""


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
    if report and event["type"] == "checkout.session.async_payment_failed":
        # The snapshot alone looks like a payment that is still on its way.
        return replace(report, settling_failed=True)
    return report


def of(thing: dict[str, Any], *, at: datetime) -> Report | None:
    """The report of a Stripe object; None when it is nothing we book.

    `at` is the time of the event, or of the fetch. Raises Unreadable when a documented key is missing or wrong.
    """
    match thing.get("object"):
        case "checkout.session":
            return _session(thing, at)
        case "payment_intent":
            return _intent(thing, at)
        case "charge":
            return _charge(thing, at)
    return None


def abandoned(donation: uuid.UUID, site: str, at: datetime) -> Report:
    """The report of a donation that never got as far as a session, given up by us."""
    return Report(at=at, site=site, donation=donation, checkout=Checkout.EXPIRED)


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
    amount, currency = thing.get(key), thing.get("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < 10**12:
        raise Unreadable(f"{thing.get('object')}.{key} is {amount!r}")
    if not isinstance(currency, str) or len(currency) != 3:
        raise Unreadable(f"{thing.get('object')}.currency is {currency!r}")
    return Payment(intent, amount, currency)


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
