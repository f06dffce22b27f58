"""What the console shows: the latest of everything, a line each."""

from __future__ import annotations

import datetime
from collections import Counter
from types import ModuleType
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from sandbox.core.currencies import shown
from sandbox.engine import balance, disputes, refunds, sessions
from sandbox.models import Delivery, Event, Record

_SHOWN = 20

Line = dict[str, Any]


def tables() -> dict[str, Any]:
    """Everything, for the template."""
    return {
        "sessions": [_session(record) for record in _latest(sessions.KIND)[:_SHOWN]],
        "payments": [_payment(record) for record in _latest("charge").filter(status="succeeded")[:_SHOWN]],
        "cases": [
            {"name": "refund", "action": "settle_refund", "field": "outcome", "rows": _cases(refunds)},
            {"name": "dispute", "action": "dispute_move", "field": "to", "rows": _cases(disputes)},
        ],
        "movements": [_movement(record) for record in _latest(balance.KIND)[:_SHOWN]],
        "waiting": _waiting(),
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
    ).order_by("-number")[:_SHOWN]


def _waiting() -> list[str]:
    """What the next payout would bring, in each currency."""
    net: Counter[str] = Counter()
    for body in Record.objects.filter(kind=balance.KIND, payout="").values_list("body", flat=True):
        net[body["currency"]] += body["net"]
    return [shown(amount, currency) for currency, amount in sorted(net.items())]


def _session(record: Record) -> Line:
    body = record.body
    intent = Record.objects.filter(stripe_id=record.payment_intent).first()
    return {
        "id": record.stripe_id,
        "amount": shown(body["amount_total"], body["currency"]),
        "made": _moment(record.created),
        "status": body["status"],
        "payment_status": body["payment_status"],
        "pending": intent is not None and intent.status == "processing",
        "failed": body["status"] == "complete" and intent is not None and intent.status == "requires_payment_method",
    }


def _payment(record: Record) -> Line:
    body = record.body
    left = body["amount"] - body["amount_refunded"]
    return {
        **_common(record),
        "refunded": shown(body["amount_refunded"], body["currency"]) if body["amount_refunded"] else "",
        "disputed": body["disputed"],
        "refundable": left > 0 and not disputes.holds(record.stripe_id),
    }


def _cases(kind: ModuleType) -> list[Line]:
    """The latest refunds or disputes, with what may be done to each."""
    return [
        {
            **_common(record),
            "reason": _words(record.body["reason"] or ""),
            "moves": [(name, _words(name)) for name in kind.possible(record.status)],
        }
        for record in _latest(kind.KIND)[:_SHOWN]
    ]


def _movement(record: Record) -> Line:
    body = record.body
    money = {name: shown(body[name], body["currency"]) for name in ("amount", "fee", "net")}
    return {
        **_common(record),
        **money,
        "type": _words(body["type"]),
        "source": body["source"] or "",
        "paid_out": record.payout,
    }


def _event(event: Any) -> Line:
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
        "made": _moment(event.created),
        "state": state,
        "tone": tone,
    }


def _common(record: Record) -> Line:
    body = record.body
    return {
        "id": record.stripe_id,
        "amount": shown(body["amount"], body["currency"]),
        "status": _words(record.status),
        "made": _moment(record.created),
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _moment(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
