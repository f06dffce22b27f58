"""One round of background work.

Called by the server's background thread, and by `manage.py housekeeping` for those who prefer cron. Each piece of work
claims its rows by a conditional UPDATE, so several processes may do rounds at once, a killed one leaves nothing locked,
and a round with nothing to do writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.jobs import registry, retention
from donations.jobs.registry import Job, Result
from donations.models import Chore, insert_once
from donations.reporting import reconciliation, search_index, totals_zone
from donations.shield import alarm, asking, closing, places, rules, sweeping
from donations.stripe import balance_transactions, payouts, polling, refunds
from donations.stripe.recurring import polling as recurring
from donations.wall import placements
from limits import buckets
from mail import outbox
from mail import registry as emails

log = logging.getLogger(__name__)


def send_emails() -> int:
    """Send what is due. A receipt names the card fee, so Stripe's book is asked for the newest ones first."""
    balance_transactions.learn_fees(outbox.due("paid"))
    return outbox.send_due(emails.compose)


def _mirror() -> str:
    """Add to the mirror. What it names and the ledger lacks was told by an event that never came: it is fetched."""
    added = balance_transactions.mirror(overlap=balance_transactions.LATE, at_most=balance_transactions.AT_ONCE)
    since = timezone.now() - LOST
    missing = reconciliation.unposted(since)
    polling.fetch_missing(missing)
    # A look at what is still missing afterwards made nothing good.
    healed = len(set(missing) - {each.reference for each in reconciliation.missing_here(since)}) if missing else 0
    return f"{added} balance transactions added" + (f", {healed} lost events made good" if healed else "")


def _reconcile() -> Result:
    recurring.poll_invoices()
    balance_transactions.mirror()
    result = reconciliation.reconcile(with_bank=polling.still_with_bank(reconciliation.open_debits()))
    if not result.agree:
        log.error("the books do not agree with Stripe's: %s", result)
    return Result(str(result), result.as_data())


def _rebuild_totals() -> Result:
    """Only when the site's clock is another one than that by which the totals were made."""
    last = Chore.objects.filter(pk=TOTALS).first()
    if last and totals_zone.made_here(last.data):
        return Result(last.result, last.data)
    mended, data = totals_zone.rebuild()
    return Result(f"{mended} months counted anew by {settings.TIME_ZONE}", data)


def notice_another_clock() -> int:
    """Let the totals be rebuilt at once when TIME_ZONE was changed, not when an hour is over."""
    last = Chore.objects.filter(pk=TOTALS, data__isnull=False, due_at__gt=timezone.now()).first()
    if last is None or totals_zone.made_here(last.data):
        return 0
    return Chore.objects.filter(pk=TOTALS, due_at=last.due_at).update(due_at=timezone.now())


def _repair_places() -> Result:
    return Result(f"{placements.repair()} places mended", {"currency": settings.DONATION_CURRENCY})


def notice_another_currency() -> int:
    """Let the wall be counted anew at once when the site's currency was changed: a level is of one currency."""
    last = Chore.objects.filter(pk=PLACES, data__isnull=False, due_at__gt=timezone.now()).first()
    if last is None or (last.data or {}).get("currency") == settings.DONATION_CURRENCY:
        return 0
    return Chore.objects.filter(pk=PLACES, due_at=last.due_at).update(due_at=timezone.now())


LOST = timedelta(days=3)  # how long Stripe goes on telling an event
# A claim by somebody who was killed, or whose work failed, holds for this long.
LEASE = timedelta(minutes=10)

# Done whenever rows are due.
ALWAYS: tuple[Callable[[], int], ...] = (
    polling.retry_due_deferred,
    polling.retry_failed,
    asking.ask_about_many,
    polling.poll_due,
    polling.poll_cases,
    recurring.poll_invoices,
    recurring.poll_subscriptions,
    refunds.finish_open,
    alarm.watch,
    places.settle,
    closing.close_unwanted,
    placements.refresh_lapsed,
    search_index.catch_up,
    send_emails,
    notice_another_clock,
    notice_another_currency,
)
MIRROR, RECONCILE, TOTALS = "mirror-balance-transactions", Chore.RECONCILE, "rebuild-totals"
PLACES = "repair-placements"
SCHEDULE: dict[str, Job] = {
    MIRROR: Job(_("Mirror Stripe’s book"), timedelta(minutes=10), _mirror),
    "mirror-payouts": Job(
        _("Mirror Stripe’s payouts"),
        timedelta(hours=1),
        lambda: f"the parts of {payouts.mirror()} payouts added",
    ),
    # Before the reconciliation, which compares them.
    TOTALS: Job(_("Rebuild the totals for another time zone"), timedelta(hours=1), _rebuild_totals),
    RECONCILE: Job(_("Reconcile with Stripe"), timedelta(days=1), _reconcile),
    rules.USUAL: Job(
        _("Learn how many gifts are usual"), timedelta(hours=1), lambda: Result(*rules.learn_what_is_usual())
    ),
    "delete-unpaid": Job(
        _("Delete old gifts that were never paid"),
        timedelta(hours=1),
        lambda: f"{sweeping.delete_unpaid()} unpaid gifts deleted",
    ),
    "empty-old-events": Job(
        _("Empty old events"), timedelta(days=1), lambda: f"{retention.empty_old_events()} event bodies emptied"
    ),
    "sweep-limits": Job(_("Sweep the limits"), timedelta(minutes=10), lambda: f"{buckets.sweep()} full buckets swept"),
    PLACES: Job(_("Compare the sponsors’ wall"), timedelta(days=1), _repair_places),
}


def run_due() -> None:
    """Do what is due. A job that fails is logged, keeps none of the others from their turn, and comes again."""
    for job in ALWAYS:
        try:
            done = job()
        except Exception:
            log.exception("job %s failed", job.__name__)
        else:
            if done:
                log.info("%s: %d", job.__name__, done)
    for name, scheduled in _all().items():
        if _claim(name, scheduled.every):
            _run(name, scheduled)


def label(name: str) -> str:
    """What people call the job with this slug."""
    job = _all().get(name)
    return str(job.label) if job else name


def store_result(name: str, result: Result) -> None:
    """Keep the result of a scheduled job for the admin, also when a command did it."""
    now = timezone.now()
    insert_once(Chore(name=name, due_at=now))
    Chore.objects.filter(pk=name).update(result=result.text, data=result.data, done_at=now, error="")


def _all() -> dict[str, Job]:
    return SCHEDULE | registry.SCHEDULE


def _run(name: str, job: Job) -> None:
    try:
        result = job.work()
        store_result(name, result if isinstance(result, Result) else Result(result))
        Chore.objects.filter(pk=name).update(due_at=timezone.now() + job.every)
    except Exception as error:
        log.exception("job %s failed", name)
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
