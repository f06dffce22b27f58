"""Stripe's objects, as short as our tests need them. Shapes: API release "endive"."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from typing import Any

from django.conf import settings

from donations.models import Donation

VERSION = "2026-10-28.endive"
CREATED = 1_790_000_000

_numbers = itertools.count(1)


def metadata(donation: Donation) -> dict[str, str]:
    return {"tincup_site": "localhost", "tincup_donation": str(donation.uuid)}


def session(donation: Donation, **changes: Any) -> dict[str, Any]:
    """A completed and paid session of this donation, unless changed."""
    return {
        "id": f"cs_test_{donation.uuid.hex}",
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": f"pi_{donation.uuid.hex}",
        "amount_total": donation.amount,
        "currency": donation.currency,
        "customer_details": {"email": "ada@example.org", "name": "Ada"},
        "metadata": metadata(donation),
        "livemode": False,
    } | changes


def intent(donation: Donation, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"pi_{donation.uuid.hex}",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": donation.amount,
        "amount_received": donation.amount,
        "currency": donation.currency,
        "latest_charge": f"ch_{donation.uuid.hex}",
        "metadata": metadata(donation),
        "livemode": False,
    } | changes


def charge(donation: Donation, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"ch_{donation.uuid.hex}",
        "object": "charge",
        "status": "succeeded",
        "captured": True,
        "amount": donation.amount,
        "amount_captured": donation.amount,
        "currency": donation.currency,
        "payment_intent": f"pi_{donation.uuid.hex}",
        "created": CREATED,
        "metadata": metadata(donation),
        "livemode": False,
    } | changes


def event(kind: str, thing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{next(_numbers):08d}",
        "object": "event",
        "api_version": VERSION,
        "created": CREATED + 1,
        "livemode": False,
        "type": kind,
        "data": {"object": thing},
    } | changes


def signature(body: bytes, *, secret: str = "", at: float | None = None) -> str:
    """The Stripe-Signature header, made without the SDK that checks it."""
    stamp = int(time.time() if at is None else at)
    key = (secret or settings.STRIPE_WEBHOOK_SECRETS[0]).encode()
    return f"t={stamp},v1={hmac.new(key, b'%d.' % stamp + body, hashlib.sha256).hexdigest()}"


def text(thing: dict[str, Any]) -> str:
    return json.dumps(thing)


def refund(donation: Donation, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A full refund that succeeded, unless changed."""
    return {
        "id": f"re_{number}{donation.uuid.hex}",
        "object": "refund",
        "status": "succeeded",
        "amount": donation.amount,
        "currency": donation.currency,
        "payment_intent": f"pi_{donation.uuid.hex}",
        "charge": f"ch_{donation.uuid.hex}",
        "balance_transaction": f"txn_r{number}{donation.uuid.hex}",
        "failure_balance_transaction": None,
        "created": CREATED + 10 + number,
        "metadata": {},
    } | changes


def movement(donation: Donation, number: int, amount: int, **changes: Any) -> dict[str, Any]:
    """A balance transaction of a dispute."""
    return {
        "id": f"txn_d{number}{donation.uuid.hex}",
        "object": "balance_transaction",
        "amount": amount,
        "currency": donation.currency,
        "created": CREATED + 100 + number,
        "type": "adjustment",
    } | changes


def dispute(donation: Donation, status: str, *movements: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": f"dp_{donation.uuid.hex}",
        "object": "dispute",
        "status": status,
        "amount": donation.amount,
        "currency": donation.currency,
        "payment_intent": f"pi_{donation.uuid.hex}",
        "charge": f"ch_{donation.uuid.hex}",
        "balance_transactions": list(movements),
        "evidence_details": {"due_by": CREATED + 1_000_000},
        "metadata": {},
    } | changes
