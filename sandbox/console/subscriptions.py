"""The console's rows about subscriptions: what each costs, how it stands, what is due."""

from __future__ import annotations

import datetime
from typing import Any

from sandbox.core.currencies import format_amount
from sandbox.engine.recurring import invoices, subscriptions
from sandbox.models import Record
from sandbox.objects.recurring.subscription import amount_of, every, item_of

Row = dict[str, Any]


def rows(limit: int) -> list[Row]:
    """The latest subscriptions."""
    latest = Record.objects.filter(kind=subscriptions.KIND).order_by("-number")
    return [_row(record) for record in latest[:limit]]


def _row(record: Record) -> Row:
    body = record.body
    running = body["status"] not in subscriptions.ENDED
    return {
        "id": record.stripe_id,
        "amount": format_amount(amount_of(body), body["currency"]),
        "every": every(body),
        "status": body["status"].replace("_", " "),
        "paused": bool(body["pause_collection"]),
        "running": running,
        "ends": _date(body["cancel_at"]) if running and body["cancel_at"] else None,
        "next": _date(item_of(body)["current_period_end"]) if running else None,
        "owed": _owed(record),
        "created": datetime.datetime.fromtimestamp(record.created, datetime.UTC),
    }


def _owed(record: Record) -> Row | None:
    """The invoice that waits for its payment."""
    open_ones = Record.objects.filter(kind=invoices.KIND, subscription=record.stripe_id, status="open")
    invoice = open_ones.order_by("-number").first()
    if invoice is None:
        return None
    again = invoice.body["next_payment_attempt"]
    return {"id": invoice.stripe_id, "again": _date(again) if again else None}


def _date(seconds: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date()
