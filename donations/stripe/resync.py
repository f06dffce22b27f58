"""Brings the site to Stripe's state, whatever was missed: by objects, not by events.

Events are kept for thirty days, and an event that was answered with 200 before a crash counts as delivered. What the
objects say now cannot be missed. Everything goes through the ledger, so it may run while webhooks arrive.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils import timezone

from donations.domain import status
from donations.domain.subscription import OVER
from donations.domain.updates import Checkout
from donations.ledger import monthly_totals, posting
from donations.models import Case, Donation, LedgerEntry, StripeEvent, Subscription
from donations.stripe import arrivals, balance_transactions, client, events, parsing, polling
from donations.stripe.errors import Refused, StripeUnavailable, in_words
from donations.stripe.recurring import polling as recurring
from donations.stripe.retries import with_retries

log = logging.getLogger(__name__)


@dataclass(slots=True)
class ResyncResult:
    """What a run found and did; numbers of donations, rows, events and months. It may have stopped half-way."""

    looked_at: int = 0
    rebuilt: int = 0
    changed: int = 0
    rows: int = 0
    events: int = 0
    mirrored: int = 0
    months: int = 0
    # Objects that could not be read or fetched; they keep none of the others from being looked at.
    troubles: list[str] = field(default_factory=list)
    stopped: str = ""


def run(since: datetime) -> ResyncResult:
    """Ask Stripe about everything that is open here, and everything that was made there at `since` or later.

    When Stripe does not answer any more, what was booked until then stays booked, and `stopped` says so.
    """
    result = ResyncResult()
    before = _picture()
    try:
        _resync(result, since)
    except (StripeUnavailable, Refused) as error:
        result.stopped = in_words(error)
    after = _picture()
    result.rebuilt = len(after[0].keys() - before[0].keys())
    # What was never paid may have been deleted meanwhile.
    result.changed = sum(after[0].get(pk, status) != status for pk, status in before[0].items())
    result.rows = after[1] - before[1]
    return result


def _resync(result: ResyncResult, since: datetime) -> None:
    # First: it tells whose payment a refund belongs to without another call.
    result.mirrored = balance_transactions.mirror(since, patient=True)
    for reference in _open_here():
        _attempt(result, reference, partial(_fetch, reference))
    for subscription in _live_here():
        _attempt(result, subscription, partial(recurring.fetch, subscription))
    _post_listed(result, "checkout.sessions", since)
    try:
        # Those that ended are not listed unless they are asked for.
        _post_listed(result, "subscriptions", since, status="all")
        _post_listed(result, "invoices", since)
    except Refused as error:
        # A key from before there were monthly gifts may not read them; all else must not wait for that.
        result.troubles.append(f"subscriptions and invoices: {in_words(error)}")
    _post_listed(result, "refunds", since)
    _post_listed(result, "disputes", since)
    for charge in balance_transactions.failed_charges(since):
        _attempt(result, charge, partial(_fetch, charge))
    result.events = _retry_events()
    result.months = monthly_totals.repair()


def _post_listed(result: ResyncResult, kind: str, since: datetime, **of: Any) -> None:
    at = polling.fetch_time()
    for thing in client.listed(kind, since, patient=True, **of):
        _attempt(result, str(thing.get("id")), partial(_post, thing, at))


def _attempt(result: ResyncResult, reference: str, work: Callable[[], bool]) -> None:
    """One object. What is wrong with it is noted; only a silent Stripe ends the run."""
    try:
        result.looked_at += with_retries(work)
    except StripeUnavailable:
        raise
    except Exception as error:
        log.exception("%s could not be looked at: its id ends in %s", reference.partition("_")[0], reference[-8:])
        result.troubles.append(f"{reference}: {type(error).__name__}: {error}")


def _picture() -> tuple[dict[int, str], int]:
    return dict(Donation.objects.values_list("pk", "status")), LedgerEntry.objects.count()


def _open_here() -> list[str]:
    """Sessions and cases of which more may be heard. Not a cursor: SQLite would stay at the time of its first row."""
    unheard = ~Q(status__in=status.FINAL) | Q(checkout=Checkout.OPEN)
    sessions = Donation.objects.filter(unheard).exclude(session_id="").values_list("session_id", flat=True)
    return [*sessions.order_by("pk"), *Case.objects.filter(ask_at__isnull=False).values_list("pk", flat=True)]


def _live_here() -> list[str]:
    """Also those that have ended, and whose last charge may have been missed."""
    heard = Q(status__in=OVER, ask_at__isnull=True)
    return list(Subscription.objects.exclude(heard).order_by("pk").values_list("stripe_id", flat=True))


def _fetch(reference: str) -> bool:
    return polling.fetch(reference) in posting.OURS


def _post(thing: dict[str, Any], at: datetime) -> bool:
    """Book a listed object if it is ours. A refund or dispute whose payment is unknown brings its payment along."""
    update = parsing.update_of(thing, at=at)
    if update is None:
        return False
    update = arrivals.dated(update, at)
    outcome = events.post(update)
    early = outcome is posting.Outcome.DEFERRED and not balance_transactions.is_other_sellers(update.payment_reference)
    if early and _fetch(update.payment_reference):
        outcome = events.post(update)
    return outcome in posting.OURS


def _retry_events() -> int:
    """Events that wait or failed are due at once: their objects have just been booked."""
    now = timezone.now()
    StripeEvent.objects.filter(retry_at__gt=now).update(retry_at=now)
    return _until_none(polling.retry_due_deferred) + _until_none(polling.retry_failed)


def _until_none(work: Callable[[], int]) -> int:
    done = 0
    while step := work():
        done += step
    return done
