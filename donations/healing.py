"""Asks Stripe itself when a webhook is late, lost or of another release, and feeds the same ledger.

The success page asks for one gift; the sweep asks for all that are open, on a schedule.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from donations import facts, gateway, inbox, ledger, states
from donations.models import Donation, StripeEvent
from donations.states import Status

log = logging.getLogger(__name__)

AT_MOST_EVERY = timedelta(seconds=3)
GIVE_UP_AFTER = timedelta(hours=24)  # without ever having had a page at Stripe
BATCH = 50  # gifts or events per round: a round stays short, the next one goes on


def ask(donation: Donation) -> bool:
    """Ask Stripe about a gift that is not settled, at most once in three seconds per gift. Refreshes `donation`.

    True when what the donation says now is Stripe's own word, given now or in answer to the latest question.
    """
    if donation.status in states.FINAL:
        return True
    if not donation.session_id:
        return False
    now = timezone.now()
    mine = Donation.objects.filter(pk=donation.pk).filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=now - AT_MOST_EVERY)
    )
    if mine.update(asked_at=now):
        try:
            _fetch(donation.session_id)
        except (gateway.NoAnswer, gateway.Refused) as error:
            log.warning("donation %s: Stripe did not tell its state (%s)", donation.pk, error)
        else:
            Donation.objects.filter(pk=donation.pk).update(answered_at=timezone.now())
    donation.refresh_from_db()
    asked, answered = donation.asked_at, donation.answered_at
    return donation.status in states.FINAL or bool(asked and answered and answered >= asked)


def sweep() -> int:
    """Ask about open gifts whose time has come; give up those that never reached Stripe. Returns how many."""
    now = timezone.now()
    due = list(Donation.objects.filter(ask_at__lte=now).order_by("ask_at")[:BATCH])
    asked = 0
    for donation in due:
        # The claim: another process may be sweeping as well.
        if not Donation.objects.filter(pk=donation.pk, ask_at=donation.ask_at).update(ask_at=_next_ask(donation, now)):
            continue
        asked += 1
        if donation.session_id:
            ask(donation)
        elif donation.created_at + GIVE_UP_AFTER <= now:
            ledger.record(facts.abandoned(donation.uuid, settings.SITE_HOST, now))
    return asked


def _next_ask(donation: Donation, now: datetime) -> datetime:
    """After 5 minutes (set when the session opened), 1 hour, expiry; a payment that is with a bank, daily."""
    if donation.status == Status.PROCESSING:
        return now + timedelta(days=1)
    steps = (donation.created_at + timedelta(hours=1), donation.expires_at + timedelta(minutes=1))
    return next((step for step in steps if step > now), now + timedelta(hours=1))


def fetch_parked() -> int:
    """Fetch the objects of events that came in another API release. Returns how many."""
    now = timezone.now()
    waiting = StripeEvent.objects.filter(
        state=StripeEvent.State.PARKED, waits_for=inbox.RELEASE, retry_at__lte=now
    ).order_by("retry_at")[:BATCH]
    done = 0
    for event in waiting:
        # Doubling pauses, an hour at most; moving the time on is the claim.
        pause = timedelta(seconds=min(3600, 10 * 2 ** min(event.attempts, 9)))
        if not StripeEvent.objects.filter(pk=event.pk, retry_at=event.retry_at).update(
            retry_at=now + pause, attempts=event.attempts + 1
        ):
            continue
        try:
            inbox.settle(event.pk, _look_up(inbox.subject(event.body)))
            done += 1
        except Exception as error:
            log.exception("parked event %s", event.pk)
            StripeEvent.objects.filter(pk=event.pk).update(error=f"{type(error).__name__}: {error}"[:2000])
    return done


def _look_up(reference: str) -> facts.Report | None:
    try:
        return facts.of(gateway.retrieve(reference), at=timezone.now())
    except gateway.Missing:
        return None


def _fetch(session_id: str) -> None:
    report = _look_up(session_id)
    if report:
        ledger.record(report)
