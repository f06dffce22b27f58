"""Asks Stripe itself when a webhook is late, lost or of another release, and feeds the same ledger.

The success page asks for one gift; the sweep asks for all that are open, on a schedule.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from donations.domain import status, updates
from donations.domain.status import Status
from donations.ledger import posting, refunds_and_disputes
from donations.models import Case, Donation, StripeEvent, StripeRef
from donations.stripe import arrivals, client, events, parsing
from donations.stripe.errors import NotFound, Refused, StripeUnavailable
from donations.stripe.recurring import invoices
from donations.stripe.retries import with_retries

Row = TypeVar("Row")

log = logging.getLogger(__name__)

AT_MOST_EVERY = timedelta(seconds=3)
GIVE_UP_AFTER = timedelta(hours=22)  # after a page would have closed, so 24 after the donor's click
BATCH = 50  # gifts or events per round: a round stays short, the next one goes on
ROUND = 20.0  # seconds; a silent Stripe must not keep the other work waiting


def poll(donation: Donation) -> bool:
    """Ask Stripe about a gift that is not settled, at most once in three seconds per gift. Refreshes `donation`.

    True when what the donation says now is Stripe's own word, given now or in answer to the latest question.
    """
    if donation.settled:
        return True
    if not donation.session_id:
        return False
    now = timezone.now()
    mine = Donation.objects.filter(pk=donation.pk).filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=now - AT_MOST_EVERY)
    )
    if mine.update(asked_at=now):
        try:
            told = fetch(donation.session_id) in posting.OURS
        except (StripeUnavailable, Refused, parsing.Unreadable) as error:
            log.warning("donation %s: Stripe did not tell its state (%s)", donation.pk, error)
            told = False
        if told:
            Donation.objects.filter(pk=donation.pk).update(answered_at=timezone.now())
    donation.refresh_from_db()
    asked, answered = donation.asked_at, donation.answered_at
    return donation.status in status.FINAL or bool(asked and answered and answered >= asked)


def fetch(reference: str) -> posting.Outcome:
    """Fetch an object by its id and book what it says. Raises StripeUnavailable or Refused."""
    update = _retrieve_dated(reference)
    outcome = events.post(update) if update else posting.Outcome.NOT_OURS
    for other in update.follow if update and outcome in posting.OURS else ():
        fetch(other)
    invoice = invoices.of_payment(reference) if outcome is posting.Outcome.NOT_OURS else ""
    return fetch(invoice) if invoice else outcome


def fetch_cases(payment: str) -> list[updates.StripeUpdate]:
    """Fetch every refund and dispute of a payment intent, and book what they say. Raises StripeUnavailable or Refused.

    Gives their updates, refunds first.
    """
    found = []
    for kind in ("refunds", "disputes"):
        at = fetch_time()
        for thing in client.listed(kind, payment_intent=payment):
            if update := parsing.update_of(thing, at=at):
                events.post(update)
                found.append(update)
    return found


def poll_due() -> int:
    """Ask about open gifts whose time has come; give up those that never reached Stripe. Returns how many."""
    now = timezone.now()
    asked = 0
    for donation in in_time(Donation.objects.filter(ask_at__lte=now).order_by("ask_at")[:BATCH]):
        # The claim: another process may be sweeping as well.
        if not Donation.objects.filter(pk=donation.pk, ask_at=donation.ask_at).update(ask_at=next_poll(donation, now)):
            continue
        asked += 1
        if donation.session_id:
            poll(donation)
        if donation.status == Status.PENDING and _is_over(donation, now) and _has_no_page(donation):
            events.post(updates.abandoned(donation.uuid, now))
    return asked


def _is_over(donation: Donation, now: datetime) -> bool:
    return max(donation.created_at, donation.expires_at) + GIVE_UP_AFTER <= now


def _has_no_page(donation: Donation) -> bool:
    """It never had one, or Stripe does not know it any more (another key, another account). No answer is no proof."""
    if not donation.session_id:
        return True
    try:
        return _retrieve(donation.session_id) is None
    except (StripeUnavailable, Refused, parsing.Unreadable):
        return False


def next_poll(donation: Donation, now: datetime) -> datetime | None:
    """After 5 minutes (set when the session opened), 1 hour, expiry; a payment that is with a bank, daily.

    Also when the payment has come by an event of its own: only the session tells the donor's address.
    """
    if donation.status in status.FINAL and _is_over(donation, now):
        return None
    if donation.status == Status.PROCESSING:
        return now + timedelta(days=1)
    steps = (donation.created_at + timedelta(hours=1), donation.expires_at + timedelta(minutes=1))
    return next((step for step in steps if step > now), now + timedelta(hours=1))


def poll_cases() -> int:
    """Ask about refunds of the last 30 days and open disputes, each once a day. Returns how many."""
    now = timezone.now()
    asked = 0
    for case in in_time(Case.objects.filter(ask_at__lte=now).order_by("ask_at")[:BATCH]):
        if not Case.objects.filter(pk=case.pk, ask_at=case.ask_at).update(
            ask_at=refunds_and_disputes.next_ask(case, now)
        ):
            continue
        asked += 1
        try:
            fetch(case.pk)
        except (StripeUnavailable, Refused, parsing.Unreadable) as error:
            log.warning("%s: Stripe did not tell its state (%s)", case.pk, error)
    return asked


def fetch_missing(references: list[str]) -> None:
    """Fetch and book objects that Stripe's book names and ours lacks: their events were lost."""
    for reference in in_time(references):
        try:
            fetch(reference)
        except (StripeUnavailable, Refused, parsing.Unreadable) as error:
            log.warning("%s: Stripe did not tell its state (%s)", reference, error)


def still_with_bank(charges: list[str], *, patient: bool = False) -> set[str]:
    """Which of these bank debits have not succeeded yet, by Stripe's own word now. Nothing is booked.

    Raises StripeUnavailable.
    """
    found = set()
    for charge in charges:
        ask = partial(_retrieve, charge)
        try:
            update = with_retries(ask) if patient else ask()
        except (Refused, parsing.Unreadable) as error:
            log.warning("%s: Stripe did not tell its state (%s)", charge, error)
            continue
        if update and update.change is None:
            found.add(charge)
    return found


def retry_due_deferred() -> int:
    """Settle events that wait: for a payment that has come, for a look at Stripe, or for a fetch in our release."""
    now = timezone.now()
    waiting = StripeEvent.objects.filter(state=StripeEvent.State.DEFERRED)
    known = waiting.filter(waits_for__in=StripeRef.objects.filter(donation__isnull=False).values("id"))
    done = events.retry_deferred(list(known.values_list("waits_for", flat=True)[:BATCH]))
    for event in in_time(waiting.filter(retry_at__lte=now).order_by("retry_at")[:BATCH]):
        done += _try_again(event, now, _complete_deferred)
    return done


def retry(event: StripeEvent) -> None:
    """Handle an event again that failed or waits; one that was handled stays as it is. Raises what handling raises."""
    if event.state == StripeEvent.State.FAILED:
        events.receive(event.body)
    elif event.state == StripeEvent.State.DEFERRED:
        _complete_deferred(event)


def retry_failed() -> int:
    """Handle events again that failed; Stripe sends them again too, but only for three days. Returns how many."""
    now = timezone.now()
    failed = StripeEvent.objects.filter(state=StripeEvent.State.FAILED, retry_at__lte=now).order_by("retry_at")
    return sum(_try_again(event, now, retry) for event in in_time(failed[:BATCH]))


def in_time(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, as long as the round's time lasts."""
    end = time.monotonic() + ROUND
    for row in list(rows):
        if time.monotonic() > end:
            return
        yield row


def _try_again(event: StripeEvent, now: datetime, work: Callable[[StripeEvent], None]) -> int:
    """Claim an event by moving its next try on (doubling pauses, an hour at most), and work on it."""
    pause = timedelta(seconds=min(3600, 10 * 2 ** min(event.attempts, 9)))
    claim = StripeEvent.objects.filter(pk=event.pk, state=event.state, retry_at=event.retry_at)
    if not claim.update(retry_at=now + pause, attempts=event.attempts + 1):
        return 0
    try:
        work(event)
    except (StripeUnavailable, Refused) as error:
        log.warning("event %s waits on (%s)", event.pk, error)
        return 0
    except Exception as error:
        log.exception("event %s", event.pk)
        StripeEvent.objects.filter(pk=event.pk).update(error=f"{type(error).__name__}: {error}"[:2000])
        return 0
    return 1


def _complete_deferred(event: StripeEvent) -> None:
    if event.waits_for == events.RELEASE:
        events.complete(event.pk, _retrieve_dated(events.object_id(event.body)))
    # Booking the payment wakes the event; a payment of another seller never will.
    elif fetch(event.waits_for) is posting.Outcome.NOT_OURS:
        events.complete(event.pk, None)


def _retrieve(reference: str) -> updates.StripeUpdate | None:
    """What Stripe says of an object; None when it knows none, or it is nothing we book."""
    at = fetch_time()
    try:
        return parsing.update_of(client.retrieve(reference), at=at)
    except NotFound:
        return None


def _retrieve_dated(reference: str) -> updates.StripeUpdate | None:
    at = fetch_time()
    update = _retrieve(reference)
    return arrivals.dated(update, at) if update else None


def fetch_time() -> datetime:
    """The time of what is about to be fetched: before the call, in whole seconds as Stripe's events have them.

    Otherwise a look would seem newer than an event that Stripe makes in the same second, after it.
    """
    return timezone.now().replace(microsecond=0)
