"""The console's tables: the latest of everything, a row each."""

from __future__ import annotations

import datetime
from collections import Counter
from types import ModuleType
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from sandbox.console import subscriptions
from sandbox.core import clock
from sandbox.core.currencies import format_amount
from sandbox.engine import balance, disputes, refunds, sessions
from sandbox.models import Delivery, Event, Record

_LIMIT = 20

_DAY = 24 * 3600
# How far the clock can be moved by a button.
STEPS = [
    (3600, "An hour"),
    (_DAY, "A day"),
    (7 * _DAY, "A week"),
    (31 * _DAY, "A month (31 days)"),
    (366 * _DAY, "A year (366 days)"),
]

Row = dict[str, Any]


def tables() -> dict[str, Any]:
    """Everything, for the template."""
    return {
        "sessions": [_session(record) for record in _latest(sessions.KIND)[:_LIMIT]],
        "subscriptions": subscriptions.rows(_LIMIT),
        "now": _datetime(clock.timestamp()),
        "ahead": clock.offset() > 0,
        "steps": STEPS,
        "payments": [_payment(record) for record in _latest("charge").filter(status="succeeded")[:_LIMIT]],
        "cases": [
            {"name": "refund", "action": "settle_refund", "field": "outcome", "rows": _cases(refunds)},
            {"name": "dispute", "action": "dispute_move", "field": "to", "rows": _cases(disputes)},
        ],
        "balance_transactions": [_balance_transaction(record) for record in _latest(balance.KIND)[:_LIMIT]],
        "next_payout": _next_payout(),
        "events": [_event(event) for event in _events()],
        "undelivered": Event.objects.filter(delivered=False).count(),
    }


def _latest(kind: str) -> QuerySet[Record]:
    return Record.objects.filter(kind=kind).order_by("-number")


def _events() -> QuerySet[Event]:
    last = Delivery.objects.filter(event=OuterRef("pk")).order_by("-pk")
    return Event.objects.annotate(
        last_status=Subquery(last.values("last_status")[:1]),
        last_error=Subquery(last.values("last_error")[:1]),
        next_try=Subquery(last.values("due_at")[:1]),
    ).order_by("-number")[:_LIMIT]


def _next_payout() -> list[str]:
    """The amount of the next payout, in each currency."""
    net: Counter[str] = Counter()
    for body in Record.objects.filter(kind=balance.KIND, payout="").values_list("body", flat=True):
        net[body["currency"]] += body["net"]
    return [format_amount(amount, currency) for currency, amount in sorted(net.items())]


def _session(record: Record) -> Row:
    body = record.body
    intent = Record.objects.filter(stripe_id=record.payment_intent).first()
    return {
        "id": record.stripe_id,
        "amount": format_amount(body["amount_total"], body["currency"]),
        "created": _datetime(record.created),
        "status": body["status"],
        "payment_status": body["payment_status"],
        "pending": intent is not None and intent.status == "processing",
        "failed": body["status"] == "complete" and intent is not None and intent.status == "requires_payment_method",
    }


def _payment(record: Record) -> Row:
    body = record.body
    left = body["amount"] - body["amount_refunded"]
    return {
        **_common(record),
        "refunded": format_amount(body["amount_refunded"], body["currency"]) if body["amount_refunded"] else "",
        "disputed": body["disputed"],
        "can_fail": body["payment_method_details"]["type"] != "card" and not body["amount_refunded"],
        "refundable": left > 0 and not disputes.funds_withdrawn(record.stripe_id),
    }


def _cases(kind: ModuleType) -> list[Row]:
    """The latest refunds or disputes, with what may be done to each."""
    return [
        {
            **_common(record),
            "reason": _label(record.body["reason"] or ""),
            "transitions": [(name, _label(name)) for name in kind.allowed_transitions(record.status)],
        }
        for record in _latest(kind.KIND)[:_LIMIT]
    ]


def _balance_transaction(record: Record) -> Row:
    body = record.body
    money = {name: format_amount(body[name], body["currency"]) for name in ("amount", "fee", "net")}
    return {
        **_common(record),
        **money,
        "type": _label(body["type"]),
        "source": body["source"] or "",
        "paid_out": record.payout,
    }


def _event(event: Any) -> Row:
    if event.delivered:
        state, tone = "delivered", "good"
    elif event.next_try is None:
        state, tone = "lost", "bad"
    elif event.last_status or event.last_error:
        state, tone = f"refused ({event.last_status or event.last_error}), will try again", "bad"
    else:
        state, tone = "on its way", "wait"
    return {
        "id": event.stripe_id,
        "type": event.type,
        "about": event.about,
        "created": _datetime(event.created),
        "state": state,
        "tone": tone,
    }


def _common(record: Record) -> Row:
    body = record.body
    return {
        "id": record.stripe_id,
        "amount": format_amount(body["amount"], body["currency"]),
        "status": _label(record.status),
        "created": _datetime(record.created),
    }


def _label(name: str) -> str:
    return name.replace("_", " ")


def _datetime(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
