"""Stripe's own book: balance transactions, and the payouts that they end in."""

from __future__ import annotations

from typing import Any

from donations.domain.updates import BookedAtStripe, PayoutAtStripe
from donations.stripe.parsing.values import moment, site_of, text, took_money


def balance_transaction(thing: dict[str, Any]) -> BookedAtStripe:
    """Read a balance transaction that was listed with its source expanded."""
    source = thing.get("source")
    details = source if isinstance(source, dict) else {}
    intent = details.get("payment_intent") or ""
    amount = details.get("amount") or 0
    return BookedAtStripe(
        id=text(thing, "id"),
        type=text(thing, "type"),
        category=str(thing.get("reporting_category") or ""),
        source=details.get("id") or source or "",
        payment=intent["id"] if isinstance(intent, dict) else intent,
        site=site_of(details.get("metadata") or {}),
        gift_amount=-amount if took_money(thing) else amount,
        gift_currency=details.get("currency") or "",
        amount=int(thing["amount"]),
        fee=int(thing["fee"]),
        net=int(thing["net"]),
        currency=text(thing, "currency"),
        exchange_rate=str(thing.get("exchange_rate") or ""),
        created_at=moment(thing.get("created")),
    )


def payout(thing: dict[str, Any]) -> PayoutAtStripe:
    """Read a payout. Of one that was made by hand Stripe does not know what it carried."""
    return PayoutAtStripe(
        id=text(thing, "id"),
        amount=int(thing["amount"]),
        currency=text(thing, "currency"),
        status=text(thing, "status"),
        created_at=moment(thing.get("created")),
        arrival_at=moment(thing.get("arrival_date")),
        known=bool(thing.get("automatic")) and thing.get("reconciliation_status") == "completed",
    )
