"""Stripe's events: stored before they are understood, handled once however often they come."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from donations import facts, ledger
from donations.models import StripeEvent, insert_once

log = logging.getLogger(__name__)

# What a parked event of another API release waits for: a fetch of its object in the shape that we read.
RELEASE = "release"


class NotAnEvent(Exception):
    """The signed payload is no snapshot event of our mode."""


def receive(text: str) -> None:
    """Store and handle the verified payload of a webhook. Returns when handled, parked, ignored or a duplicate.

    Raises NotAnEvent; any other exception means that handling failed: it is on record, and Stripe should send again.
    """
    event = _parse(text)
    row = StripeEvent(id=event["id"], type=event["type"], body=text, **_triage(event))
    try:
        with transaction.atomic():
            if (insert_once(row) or _claim_failed(row)) and row.state == StripeEvent.State.HANDLED:
                _apply(row.id, facts.of_event(event))
    except Exception as error:
        _remember_failure(row, error)
        raise


def settle(event_id: str, report: facts.Report | None) -> None:
    """Handle a parked event with the report of its freshly fetched object. Somebody else may have been quicker."""
    with transaction.atomic():
        if StripeEvent.objects.filter(pk=event_id, state=StripeEvent.State.PARKED).update(
            state=StripeEvent.State.HANDLED, waits_for="", retry_at=None
        ):
            _apply(event_id, report)


def subject(body: str) -> str:
    """The id of the object that a stored event is about."""
    return facts.subject_of(json.loads(body))


def _parse(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("not JSON") from error
    if not facts.is_event(event):
        raise NotAnEvent("not a snapshot event")
    if event["livemode"] != settings.STRIPE_LIVE:
        raise NotAnEvent("an event of the other mode (test or live) than our key's")
    return dict(event)


def _triage(event: dict[str, Any]) -> dict[str, Any]:
    if event["type"] not in facts.EVENT_TYPES:
        return {"state": StripeEvent.State.IGNORED}
    if facts.release_of(event) != facts.RELEASE:
        return {"state": StripeEvent.State.PARKED, "waits_for": RELEASE, "retry_at": timezone.now()}
    return {"state": StripeEvent.State.HANDLED}


def _claim_failed(row: StripeEvent) -> bool:
    """Take a FAILED event to handle it again. The row stays locked until our transaction ends, whichever way."""
    return bool(
        StripeEvent.objects.filter(pk=row.pk, state=StripeEvent.State.FAILED).update(
            state=row.state, waits_for=row.waits_for, retry_at=row.retry_at, error="", attempts=F("attempts") + 1
        )
    )


def _apply(event_id: str, report: facts.Report | None) -> None:
    if report is None or not ledger.record(report):
        StripeEvent.objects.filter(pk=event_id).update(state=StripeEvent.State.IGNORED)


def _remember_failure(row: StripeEvent, error: Exception) -> None:
    """The first transaction is gone; a second one keeps the event and its error, unless another delivery made it."""
    log.error("event %s (%s) failed", row.id, row.type, exc_info=error)
    row.state = StripeEvent.State.FAILED
    row.error = f"{type(error).__name__}: {error}".replace("\0", "")[:2000]
    with transaction.atomic():
        if not insert_once(row):
            StripeEvent.objects.filter(pk=row.pk, state=StripeEvent.State.FAILED).update(
                error=row.error, attempts=F("attempts") + 1
            )
