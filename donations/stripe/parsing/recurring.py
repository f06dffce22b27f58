"""Subscriptions and their invoices: what they say of a gift that comes again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from donations.domain.subscription import InvoiceStatus, InvoiceTold, SubscriptionTold
from donations.domain.updates import Checkout, StripeUpdate
from donations.stripe.parsing.values import Unreadable, count, mark, moment, payer, plain, refs, text

# Longer than any month, shorter than any year.
_YEARLY = timedelta(days=200)


def subscription(thing: dict[str, Any], at: datetime) -> StripeUpdate:
    """The update of a subscription. Of one with several items, which we never make, the amounts are added."""
    items = thing["items"]["data"]
    prices = [item["price"] for item in items]
    starts = [item["current_period_start"] for item in items if item.get("current_period_start")]
    ends = [item["current_period_end"] for item in items if item.get("current_period_end")]
    period_end = max(ends, default=None)
    cancel_at = thing.get("cancel_at") or (period_end if thing.get("cancel_at_period_end") else None)
    pause = thing.get("pause_collection")
    details = thing.get("cancellation_details") or {}
    told = SubscriptionTold(
        id=text(thing, "id"),
        customer=_id(thing.get("customer")),
        word=plain(text(thing, "status"))[:32],
        amount=sum(count(item["price"], "unit_amount") * count(item, "quantity") for item in items),
        currency=text(thing, "currency"),
        interval=str(prices[0]["recurring"]["interval"])[:5],
        started_at=moment(thing.get("created")),
        period_start=_moment(max(starts, default=None)),
        period_end=_moment(period_end),
        cancel_at=_moment(cancel_at),
        ended_at=_moment(thing.get("ended_at")),
        paused=bool(pause),
        resumes_at=_moment((pause or {}).get("resumes_at")),
        reason=plain(details.get("reason"))[:40],
        stopped_by=plain((thing.get("metadata") or {}).get("tincup_stopped_by"))[:5],
    )
    return StripeUpdate(at=at, change=told, unknown_status=told.unknown, **mark(thing.get("metadata") or {}))


def invoice(thing: dict[str, Any], at: datetime) -> StripeUpdate | None:
    """The update of an invoice; None when it is of no subscription."""
    details = parent(thing)
    if details is None:
        return None
    status = InvoiceStatus(thing.get("status") or InvoiceStatus.DRAFT)
    times = thing.get("status_transitions") or {}
    paid_at = _moment(times.get("paid_at"))
    payment, charge, outside = _paid_by(thing)
    told = InvoiceTold(
        id=text(thing, "id"),
        subscription=_id(details.get("subscription")),
        status=status,
        reason=plain(thing.get("billing_reason"))[:40],
        due=count(thing, "amount_due"),
        paid=count(thing, "amount_paid"),
        currency=text(thing, "currency"),
        attempts=count(thing, "attempt_count"),
        made_at=moment(thing.get("created")),
        next_attempt_at=_moment(thing.get("next_payment_attempt")),
        paid_at=paid_at,
        interval=_interval(thing),
        customer=_id(thing.get("customer")),
        payment=payment,
        outside=outside,
    )
    if not told.subscription:
        raise Unreadable("an invoice of no subscription")
    return StripeUpdate(
        at=(paid_at or at) if status is InvoiceStatus.PAID else at,
        told_at=at,
        refs=refs(told.id, payment, charge),
        # Of a renewal nothing else tells, nor of its donor; the first one's page tells for itself.
        checkout=Checkout.OPEN if told.is_first else Checkout.COMPLETE,
        amount=told.paid,
        currency=told.currency,
        change=told,
        **({} if told.is_first else _payer(thing)),
        **mark(details.get("metadata") or {}),
    )


def begun_by(session: dict[str, Any]) -> tuple[str, ...]:
    """The ids of a session's subscription and of its first invoice, once there are any."""
    if session.get("mode") != "subscription":
        return ()
    return tuple(each for each in (_id(session.get("subscription")), _id(session.get("invoice"))) if each)


def parent(thing: dict[str, Any]) -> dict[str, Any] | None:
    """Of an invoice: its subscription and that one's metadata; None when it is of none."""
    above = thing.get("parent") or {}
    details = above.get("subscription_details") if above.get("type") == "subscription_details" else None
    return details if isinstance(details, dict) else None


def _paid_by(thing: dict[str, Any]) -> tuple[str, Any, bool]:
    """The payment intent and the charge that paid the invoice, and whether nothing at Stripe did: as far as it tells.

    https://docs.stripe.com/api/invoices/object#invoice_object-payments is there only when it was asked for.
    """
    listed = thing.get("payments")
    if not isinstance(listed, dict) or thing.get("status") != "paid":
        return "", None, False
    paid = [each for each in listed["data"] if each.get("status") == "paid"]
    intents = [each["payment"]["payment_intent"] for each in paid if each["payment"].get("payment_intent")]
    if not intents:
        return "", None, not listed.get("has_more")
    intent = intents[0]
    return _id(intent), intent.get("latest_charge") if isinstance(intent, dict) else None, False


def _interval(thing: dict[str, Any]) -> str:
    """By the period that the invoice's first line pays for: the only trace of it on an invoice."""
    lines = (thing.get("lines") or {}).get("data") or []
    period = lines[0].get("period") if lines else None
    if not period:
        return "month"
    return "year" if moment(period["end"]) - moment(period["start"]) > _YEARLY else "month"


def _payer(thing: dict[str, Any]) -> dict[str, Any]:
    return payer({"email": thing.get("customer_email"), "name": thing.get("customer_name")})


def _id(thing: Any) -> str:
    """The id of an object, expanded or not; nothing where there is none."""
    return str((thing.get("id") if isinstance(thing, dict) else thing) or "")[:255]


def _moment(seconds: Any) -> datetime | None:
    return moment(seconds) if seconds else None
