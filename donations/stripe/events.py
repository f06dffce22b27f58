"""Stripe's events: stored before they are understood, handled once however often they come."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from donations.domain import updates
from donations.domain.subscription import InvoiceTold
from donations.ledger import posting
from donations.ledger.matching import finding
from donations.models import Donation, Opening, StripeEvent, StripeRef, insert_once
from donations.stripe import arrivals, parsing, redaction
from lib.database import commits
from lib.database.rows import Reader
from lib.watch import measures

log = logging.getLogger(__name__)

# What a deferred event waits for that is of another API release, or does not tell when a payment arrived: a fetch of
# its object.
RELEASE = "release"
# Told once for each card that was declined on a page; where a monthly gift is begun, of its first invoice: the payment
# carries no mark of ours there. The charges of later months are told alike, and nobody is at a page then.
DECLINED = "payment_intent.payment_failed"
DECLINED_MONTHLY = "invoice.payment_failed"
# How long a refund or dispute waits for its payment's own event before we ask Stripe about the payment.
PATIENCE = timedelta(seconds=30)
# How long after its commit an event may not be on the disk yet; PostgreSQL writes its log five times a second.
UNSURE = timedelta(seconds=10)
STANDING = Reader(StripeEvent, "id", "state", "received_at")
# Before housekeeping handles a failed event again; Stripe sends it again as well.
RETRY_AFTER = timedelta(minutes=1)


class NotAnEvent(Exception):
    """The signed payload is no snapshot event of our mode."""


def receive(text: str) -> None:
    """Store and handle the verified payload of a webhook. Returns when handled, deferred, ignored or a duplicate.

    Raises NotAnEvent; any other exception means that handling failed: it is on record, and Stripe should send again.
    """
    event = _parse(text)
    measures.event_came(event.get("created"))
    row = StripeEvent(id=event["id"], type=event["type"], body=text, **_triage(event))
    if row.state == StripeEvent.State.IGNORED or (row.state == StripeEvent.State.DEFERRED and _of_erased(event)):
        row.body = redaction.redact(text)
    now_known: Sequence[str] = ()
    try:
        with transaction.atomic():
            if (insert_once(row) or _claim_failed(row)) and row.state == StripeEvent.State.HANDLED:
                now_known = _read(row.id, event)
    except Exception as error:
        if _of_erased(event):
            row.body = redaction.redact(text)
        _remember_failure(row, error)
        raise
    if now_known:
        retry_deferred(now_known)


def complete(event_id: str, update: updates.StripeUpdate | None) -> None:
    """Handle a deferred event with this update of its object. Somebody else may have been quicker."""
    with transaction.atomic():
        if StripeEvent.objects.filter(pk=event_id, state=StripeEvent.State.DEFERRED).update(
            state=StripeEvent.State.HANDLED, waits_for="", retry_at=None, error=""
        ):
            _apply(event_id, update)


def post(update: updates.StripeUpdate) -> posting.Outcome:
    """Book the update of an object that we fetched ourselves, and wake what waited for it."""
    posted = posting.post(update)
    if posted.now_known:
        retry_deferred(posted.now_known)
    return posted.outcome


def retry_deferred(references: Iterable[str]) -> int:
    """Handle the events that were deferred until one of these ids is known; each in a transaction of its own.

    Called after the transaction that made the ids known. If the process dies in between, housekeeping calls it.
    """
    parked = StripeEvent.objects.filter(
        state=StripeEvent.State.DEFERRED,
        waits_for__in=StripeRef.objects.filter(id__in=references, donation__isnull=False).values("id"),
    )
    woken = 0
    for event_id, body in list(parked.values_list("pk", "body")):
        try:
            complete(event_id, parsing.update_of_event(json.loads(body)))
            woken += 1
        except Exception as error:
            _fail_deferred(event_id, error)
    return woken


def object_id(body: str) -> str:
    """The id of the object that a stored event is about."""
    return parsing.subject_of(json.loads(body))


def _parse(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("not JSON") from error
    if not parsing.is_event(event):
        raise NotAnEvent("not a snapshot event")
    if event["livemode"] != settings.STRIPE_LIVE:
        raise NotAnEvent("an event of the other mode (test or live) than our key's")
    return dict(event)


def _triage(event: dict[str, Any]) -> dict[str, Any]:
    if event["type"] not in parsing.EVENT_TYPES:
        return {"state": StripeEvent.State.IGNORED}
    if parsing.release_of(event) != parsing.RELEASE:
        return {"state": StripeEvent.State.DEFERRED, "waits_for": RELEASE, "retry_at": timezone.now()}
    return {"state": StripeEvent.State.HANDLED}


def _claim_failed(row: StripeEvent) -> bool:
    """Take an event that is here already, if it FAILED, to handle it again.

    The row stays locked until our transaction ends, whichever way.
    """
    standing = STANDING.get(row.pk)
    if standing and standing.state != StripeEvent.State.FAILED:
        # Known must mean kept, also if it was committed just now, by somebody who still waits for the disk.
        if timezone.now() - standing.received_at < UNSURE and commits.may_wait_later():
            commits.wait_after_commit()
        return False
    return bool(
        StripeEvent.objects.filter(pk=row.pk, state=StripeEvent.State.FAILED).update(
            state=row.state, waits_for=row.waits_for, retry_at=row.retry_at, error="", attempts=F("attempts") + 1
        )
    )


def _read(event_id: str, event: dict[str, Any]) -> Sequence[str]:
    """Apply what an event says; returns what for the first time is known. One that cannot be read is a failure only
    if it is ours.

    A refund or dispute carries no mark of ours: it waits until it is known whose payment it names.
    """
    try:
        update = parsing.update_of_event(event)
        if update and arrivals.is_missing(update):
            _fetch_instead(event_id)
            return ()
    except parsing.Unreadable as error:
        if error.payment is None or (error.payment and finding.is_known(error.payment)):
            raise
        if not error.payment:
            return _apply(event_id, None)
        StripeEvent.objects.filter(pk=event_id).update(
            state=StripeEvent.State.DEFERRED,
            waits_for=error.payment,
            retry_at=timezone.now() + PATIENCE,
            error=_message(error),
        )
        return ()
    now_known = _apply(event_id, update)
    if update and _tells_of_declined_card(event["type"], update):
        tied = Q(donation__in=StripeRef.objects.filter(id__in=update.refs).values("donation"))
        marked = Q(donation__uuid=update.donation) if update.donation else Q()
        Opening.objects.filter(tied | marked).update(declines=F("declines") + 1)
    return now_known


def _tells_of_declined_card(kind: str, update: updates.StripeUpdate) -> bool:
    first = isinstance(update.change, InvoiceTold) and update.change.is_first
    return kind == DECLINED or (kind == DECLINED_MONTHLY and first)


def _fetch_instead(event_id: str) -> None:
    """Housekeeping fetches the event's object at once, and asks for what this snapshot does not tell."""
    StripeEvent.objects.filter(pk=event_id).update(
        state=StripeEvent.State.DEFERRED, waits_for=RELEASE, retry_at=timezone.now()
    )


def _apply(event_id: str, update: updates.StripeUpdate | None) -> Sequence[str]:
    outcome, now_known = posting.post(update) if update else posting.Posted(posting.Outcome.NOT_OURS)
    if update and outcome is posting.Outcome.DEFERRED:
        # Housekeeping looks the payment up at Stripe when it does not come by itself.
        StripeEvent.objects.filter(pk=event_id).update(
            state=StripeEvent.State.DEFERRED, waits_for=update.payment_reference, retry_at=timezone.now() + PATIENCE
        )
    elif update and outcome is posting.Outcome.POSTED_ERASED:
        _empty(event_id, update.refs)
    elif outcome is posting.Outcome.NOT_OURS:
        # Somebody else's customer, or nothing that we book: the person is none of our business.
        body = StripeEvent.objects.values_list("body", flat=True).get(pk=event_id)
        StripeEvent.objects.filter(pk=event_id).update(state=StripeEvent.State.IGNORED, body=redaction.redact(body))
    return now_known


def _empty(event_id: str, references: Iterable[str]) -> None:
    """Keep nothing of what told us; nor of what was told before it was known whose gift it is."""
    StripeEvent.objects.filter(pk=event_id).update(body="")
    named = reduce(or_, (Q(body__contains=reference) for reference in references), Q(pk=event_id))
    StripeEvent.objects.filter(named, state=StripeEvent.State.HANDLED).exclude(body="").update(body="", error="")


def _of_erased(event: dict[str, Any]) -> bool:
    """Whether an event that is not handled yet names a gift whose donor was erased, by an id or by our own mark."""
    ids, gift = parsing.named_in(event)
    named = Q(refs__in=ids) | (Q(uuid=gift) if gift else Q())
    return bool(ids or gift) and Donation.objects.filter(named, erased_at__isnull=False).exists()


def _fail_deferred(event_id: str, error: Exception) -> None:
    log.error("parked event %s failed", event_id, exc_info=error)
    StripeEvent.objects.filter(pk=event_id, state=StripeEvent.State.DEFERRED).update(
        state=StripeEvent.State.FAILED,
        retry_at=timezone.now() + RETRY_AFTER,
        error=_message(error),
        attempts=F("attempts") + 1,
    )


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\0", "")[:2000]


def _remember_failure(row: StripeEvent, error: Exception) -> None:
    """The first transaction is gone; a second one keeps the event and its error, unless another delivery made it."""
    log.error("event %s (%s) failed", row.id, row.type, exc_info=error)
    row.state, row.retry_at = StripeEvent.State.FAILED, timezone.now() + RETRY_AFTER
    row.error = _message(error)
    with transaction.atomic():
        if not insert_once(row):
            StripeEvent.objects.filter(pk=row.pk, state=StripeEvent.State.FAILED).update(
                error=row.error, attempts=F("attempts") + 1
            )
