"""One round of background work.

Called by the server's background thread, and by `manage.py housekeeping` for those who prefer cron. Each piece of work
claims its rows by a conditional UPDATE, so several processes may do rounds at once, a killed one leaves nothing locked,
and a round with nothing to do writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from donations.jobs import registry, retention
from donations.models import Chore, insert_once
from donations.reporting import reconciliation
from donations.stripe import balance_transactions, payouts, polling, refunds
from donations.wall import placements
from mail import outbox
from mail import registry as emails

log = logging.getLogger(__name__)


def send_emails() -> int:
    """Send what is due. A receipt names the card fee, so Stripe's book is asked for the newest ones first."""
    balance_transactions.learn_fees(outbox.due("paid"))
    return outbox.send_due(emails.compose)


def _mirror() -> str:
    """Add to the mirror. What it names and the ledger lacks was told by an event that never came: it is fetched."""
    added = balance_transactions.mirror()
    healed = polling.fetch_missing(reconciliation.unposted(timezone.now() - LOST))
    return f"{added} balance transactions added" + (f", {healed} lost events made good" if healed else "")


def _reconcile() -> str:
    balance_transactions.mirror()
    result = reconciliation.reconcile()
    if not result.agree:
        log.error("the books do not agree with Stripe's: %s", result)
    return str(result)


LOST = timedelta(days=3)  # how long Stripe goes on telling an event
# A claim by somebody who was killed, or whose work failed, holds for this long.
LEASE = timedelta(minutes=10)

# Done whenever rows are due.
ALWAYS: tuple[Callable[[], int], ...] = (
    polling.retry_due_deferred,
    polling.retry_failed,
    polling.poll_due,
    polling.poll_cases,
    refunds.finish_open,
    placements.refresh_lapsed,
    send_emails,
)
# Done by the clock.
MIRROR, VERIFY, EMPTY = "mirror Stripe's book", Chore.VERIFY, "empty old events"
PAYOUTS = "mirror Stripe's payouts"
WALL = "compare the sponsors' wall"
SCHEDULE: dict[str, tuple[timedelta, Callable[[], str]]] = {
    MIRROR: (timedelta(minutes=10), _mirror),
    PAYOUTS: (timedelta(hours=1), lambda: f"the parts of {payouts.mirror()} payouts added"),
    VERIFY: (timedelta(days=1), _reconcile),
    EMPTY: (timedelta(days=1), lambda: f"{retention.empty_old_events()} event bodies emptied"),
    WALL: (timedelta(days=1), lambda: f"{placements.repair()} places mended"),
}


def run_due() -> None:
    """Do what is due. A chore that fails is logged, keeps none of the others from their turn, and comes again."""
    for chore in ALWAYS:
        try:
            done = chore()
        except Exception:
            log.exception("chore %s failed", chore.__name__)
        else:
            if done:
                log.info("%s: %d", chore.__name__, done)
    for name, (every, work) in (SCHEDULE | registry.SCHEDULE).items():
        if _claim(name, every):
            _run(name, every, work)


def store_result(name: str, result: str) -> None:
    """Keep the result of work by the clock for the admin, also when a command did it."""
    now = timezone.now()
    insert_once(Chore(name=name, due_at=now))
    Chore.objects.filter(pk=name).update(result=result, done_at=now, error="")


def _run(name: str, every: timedelta, work: Callable[[], str]) -> None:
    try:
        store_result(name, work())
        Chore.objects.filter(pk=name).update(due_at=timezone.now() + every)
    except Exception as error:
        log.exception("chore %r failed", name)
        Chore.objects.filter(pk=name).update(error=f"{type(error).__name__}: {error}"[:200])


def _claim(name: str, every: timedelta) -> bool:
    """Whether it is time and the work is ours, for the length of a lease.

    Looking first keeps an idle site from taking the write lock.
    """
    now = timezone.now()
    if Chore.objects.filter(pk=name, due_at__gt=now).exists():
        return False
    insert_once(Chore(name=name, due_at=now))
    return bool(Chore.objects.filter(pk=name, due_at__lte=now).update(due_at=now + min(every, LEASE)))
