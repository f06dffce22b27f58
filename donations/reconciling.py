"""Brings the site to Stripe's state, whatever was missed: by objects, not by events.

Events are kept for thirty days, and an event that was answered with 200 before a crash counts as delivered. What the
objects say now cannot be missed. Everything goes through the ledger, so it may run while webhooks arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from donations import books, facts, gateway, healing, inbox, ledger, states
from donations.models import Case, Donation, LedgerEntry, StripeEvent


@dataclass(frozen=True, slots=True)
class Mended:
    """What a run found and did; numbers of donations, rows and events."""

    looked_at: int
    rebuilt: int
    changed: int
    rows: int
    events: int
    mirrored: int


def run(since: datetime) -> Mended:
    """Ask Stripe about everything that is open here, and everything that was made there at `since` or later.

    Raises gateway.NoAnswer or gateway.Refused when Stripe does not answer: what was booked until then stays booked.
    """
    before = _picture()
    looked_at = 0
    for reference in _open_here():
        healing.fetch(reference)
        looked_at += 1
    for kind in ("checkout.sessions", "refunds", "disputes"):
        for thing in gateway.listed(kind, since):
            looked_at += _book(thing)
    mirrored = books.mirror(since)
    events = _settle_events()
    after = _picture()
    return Mended(
        looked_at=looked_at,
        rebuilt=len(after[0].keys() - before[0].keys()),
        changed=sum(after[0][pk] != status for pk, status in before[0].items()),
        rows=after[1] - before[1],
        events=events,
        mirrored=mirrored,
    )


def _picture() -> tuple[dict[int, str], int]:
    return dict(Donation.objects.values_list("pk", "status")), LedgerEntry.objects.count()


def _open_here() -> Iterator[str]:
    donations = Donation.objects.exclude(status__in=states.FINAL).exclude(session_id="")
    yield from donations.values_list("session_id", flat=True).iterator()
    yield from Case.objects.filter(ask_at__isnull=False).values_list("pk", flat=True).iterator()


def _book(thing: dict[str, Any]) -> bool:
    """Book a listed object if it is ours. A refund or dispute whose payment is unknown brings its payment along."""
    report = facts.of(thing, at=timezone.now())
    if report is None:
        return False
    outcome = inbox.book(report)
    if outcome is ledger.Outcome.EARLY and healing.fetch(report.anchor) is ledger.Outcome.BOOKED:
        outcome = inbox.book(report)
    return outcome is ledger.Outcome.BOOKED


def _settle_events() -> int:
    """Events that wait or failed are due at once: their objects have just been booked."""
    now = timezone.now()
    StripeEvent.objects.filter(retry_at__gt=now).update(retry_at=now)
    return _until_none(healing.wake_parked) + _until_none(healing.replay_failed)


def _until_none(work: Callable[[], int]) -> int:
    done = 0
    while step := work():
        done += step
    return done
