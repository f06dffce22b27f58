"""The values inside Stripe's objects, read strictly: what is not as documented raises Unreadable."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from lib.people.addresses import spelled
from lib.people.typed_text import tidy

# The statuses that we know, of a session's payment, an intent and a charge.
PAID_WORDS = ("paid", "unpaid", "no_payment_required")
INTENT_WORDS = tuple(
    "requires_payment_method requires_confirmation requires_action requires_capture processing canceled"
    " succeeded".split()
)
CHARGE_WORDS = ("succeeded", "pending", "failed")


class Unreadable(Exception):
    """The object has not the shape that Stripe documents.

    `payment` is set for an object that carries no mark of ours, a refund or a dispute: the payment that tells whose it
    is, or nothing when it names none.
    """

    def __init__(self, problem: str, payment: str | None = None) -> None:
        super().__init__(problem)
        self.payment = payment


def money(thing: dict[str, Any], key: str) -> tuple[int, str]:
    """The amount under `key`, above 0 in minor units, and the currency in lower case as Stripe writes it."""
    amount, currency = thing.get(key), thing.get("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < 10**12:
        raise Unreadable(f"{thing.get('object')}.{key} is {amount!r}")
    if not isinstance(currency, str) or len(currency) != 3:
        raise Unreadable(f"{thing.get('object')}.currency is {currency!r}")
    return amount, currency


def refs(*things: Any) -> tuple[str, ...]:
    """The ids of these objects, expanded or not, sorted: rows are locked in this order."""
    ids = {thing["id"] if isinstance(thing, dict) else thing for thing in things if thing}
    if not all(is_id(reference, "") for reference in ids):
        raise Unreadable(f"{ids!r} are not ids of Stripe's")
    return tuple(sorted(ids))


def is_id(value: Any, prefix: str) -> bool:
    """Whether the value is an id of Stripe's that begins so."""
    return (
        isinstance(value, str)
        and value.startswith(prefix)
        and len(value) <= 255
        and value.isascii()
        and value.replace("_", "").isalnum()
    )


def text(thing: dict[str, Any], key: str) -> str:
    """The text under `key`, of 1 to 255 characters."""
    value = thing.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise Unreadable(f"{thing.get('object')}.{key} is {value!r}")
    return value


def plain(value: Any) -> str:
    """Donor's text as the database takes it: PostgreSQL refuses NUL."""
    given = str(value or "")
    if not given.isprintable():
        given = "".join(character for character in given if character.isprintable())
    return given[:254]


def payer(details: dict[str, Any]) -> dict[str, Any]:
    """Who paid, as typed on Stripe's page: address and name, empty where there is none."""
    return {"email": spelled(plain(details.get("email"))), "payer_name": tidy(plain(details.get("name")))[:150]}


def count(thing: dict[str, Any], key: str) -> int:
    """The whole number under `key`, 0 or above; 0 where there is none."""
    value = thing.get(key)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**12:
        raise Unreadable(f"{thing.get('object')}.{key} is {value!r}")
    return value


def mark(metadata: dict[str, Any]) -> dict[str, Any]:
    """Which donation an object with this metadata names, and of which site; nothing when it is none of ours."""
    try:
        donation = uuid.UUID(metadata["tincup_donation"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
    return {"site": site_of(metadata), "donation": donation}


def site_of(metadata: dict[str, Any]) -> str:
    """The site that an object with this metadata was made for: its id, or its host from before there were ids."""
    return plain(metadata.get("tincup_site_id") or metadata.get("tincup_site"))


def moment(seconds: Any) -> datetime:
    """The time that these seconds since 1970 stand for."""
    if not isinstance(seconds, int) or not 0 < seconds < 10**11:
        raise Unreadable(f"{seconds!r} is not a time")
    return datetime.fromtimestamp(seconds, UTC)


# Of a charge: it stands at Stripe for days before its money comes.
# https://docs.stripe.com/payments/payment-methods/payment-method-support#additional-api-supportability
_LATE = frozenset(
    "acss_debit au_becs_debit bacs_debit boleto customer_balance konbini multibanco nz_bank_account oxxo sepa_debit"
    " us_bank_account".split()
)


def arrives_late(charge: Any) -> bool:
    """Whether a charge is of a bank, which answers days after the charge was made."""
    return isinstance(charge, dict) and (charge.get("payment_method_details") or {}).get("type") in _LATE


def presented(thing: dict[str, Any]) -> tuple[int, str] | None:
    """What the payer saw, in minor units of a currency that is not the payment's own (Adaptive Pricing)."""
    details = thing.get("presentment_details") or {}
    amount, currency = details.get("presentment_amount"), details.get("presentment_currency")
    if not isinstance(amount, int) or not 0 < amount < 10**12 or not isinstance(currency, str) or len(currency) != 3:
        return None
    return None if currency == thing.get("currency") else (amount, currency)


def took_money(transaction: dict[str, Any]) -> bool:
    """Whether a balance transaction took money. The sign tells, unless a cent was settled to nothing."""
    if transaction["amount"]:
        return bool(transaction["amount"] < 0)
    return transaction.get("reporting_category") in {"refund", "dispute", "charge_failure"}
