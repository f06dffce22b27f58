"""What needs doing, the most pressing first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import PermissionsMixin
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.pages import formatting, other_currency, reconciliation_status, recurring
from donations.domain.status import Status
from donations.domain.updates import DisputeStatus, RefundStatus
from donations.jobs.scheduler import MIRROR
from donations.ledger.refunds_and_disputes import ACTIONABLE
from donations.models import Alarm, Case, Chore, Donation, Flag, LedgerEntry, Receipt, StripeEvent, Words
from donations.shield import declines, rules
from donations.wall.messages import in_state
from lib.web import unknown_proxy
from mail.models import Mail
from organisation.models import current

TO_ANSWER = [
    DisputeStatus.WARNING_NEEDS_RESPONSE.value,
    DisputeStatus.NEEDS_RESPONSE.value,
    DisputeStatus.APPEAL_NEEDS_RESPONSE.value,
]
EVENT, CHORE = "donations_stripeevent", "donations_chore"
LATE = timedelta(hours=1)  # background work that has not come round for so long has stopped
PATIENCE = timedelta(minutes=10)  # how long an event may be deferred before somebody should look
LATELY = 20_000  # gifts: nobody looks through a million for what waits to be read
MANY = 1000  # deferred events; nobody counts further
RECENT = timedelta(days=30)  # how long a refund that failed is brought up


@dataclass(frozen=True, slots=True)
class Task:
    """`permission` is what somebody needs to see it; `urgent` ones are money that may be lost."""

    what: str
    link: str
    permission: str
    urgent: bool = False


def for_user(user: PermissionsMixin) -> list[Task]:
    """What this person can see to."""
    return [task for task in _all() if user.has_perm(task.permission)]


def _all() -> Iterator[Task]:
    yield from _disputes()
    yield from _fraud_warnings()
    yield from _books()
    yield from _alarm()
    yield from _declines()
    yield from _failed_refunds()
    yield from _failed_payments()
    yield from _past_due()
    yield from _events()
    yield from _emails()
    yield from _flags()
    yield from _words()
    yield from _receipts()
    yield from (Task(*each) for each in other_currency.asked())
    yield from _background()
    yield from _proxy()


def open_disputes() -> list[Case]:
    """Those that wait for our answer, the nearest deadline first."""
    waiting = Case.objects.filter(kind=Case.Kind.DISPUTE, status__in=TO_ANSWER).select_related("donation")
    return list(waiting.order_by(F("deadline").asc(nulls_last=True), "pk")[:20])


def _disputes() -> Iterator[Task]:
    for case in open_disputes():
        amount = formatting.amount(case.amount, case.currency)
        if case.deadline:
            day = formatting.moment(case.deadline)
            what = _("Answer the bank about %(amount)s by %(day)s.") % {"amount": amount, "day": day}
        else:
            what = _("Answer the bank about %(amount)s.") % {"amount": amount}
        yield Task(what, reverse("admin:donations_case_change", args=[case.pk]), "donations.view_case", urgent=True)


def _books() -> Iterator[Task]:
    status = reconciliation_status.latest()
    if status.differences:
        count = status.differences
        what = ngettext("The books differ in %(count)d place.", "The books differ in %(count)d places.", count)
        yield Task(what % {"count": count}, _list(CHORE), "donations.view_chore", urgent=True)
    elif status.at and status.differences is None:
        what = _("The check of the books did not come to an end.")
        yield Task(what, _list(CHORE), "donations.view_chore")


def _alarm() -> Iterator[Task]:
    if ringing := Alarm.objects.filter(slot=1).first():
        what = _("The alarm has been ringing since %(began)s: look at the shield.")
        link = _list("donations_shield")
        yield Task(what % {"began": formatting.moment(ringing.began_at)}, link, "donations.view_shield", urgent=True)


def _declines() -> Iterator[Task]:
    found = declines.recent()
    if found.alarming(rules.chosen().declines):
        what = _(
            "%(declined)d cards were declined within an hour, %(paid)d paid: somebody may be testing stolen cards."
        )
        link = _list(EVENT)
        yield Task(what % {"declined": found.declined, "paid": found.paid}, link, "donations.view_stripeevent", True)


def _fraud_warnings() -> Iterator[Task]:
    warnings = Case.objects.filter(
        kind=Case.Kind.WARNING, status=ACTIONABLE, donation__status__in=[Status.PAID, Status.PARTLY_REFUNDED]
    )
    for case in warnings.order_by("opened_at", "pk")[:20]:
        what = _("The payment of %(amount)s may be fraud: a refund now saves the dispute fee.") % {
            "amount": formatting.amount(case.amount, case.currency)
        }
        link = reverse("admin:donations_donation_change", args=[case.donation_id])
        yield Task(what, link, "donations.view_donation", urgent=True)


def _failed_refunds() -> Iterator[Task]:
    undone = [RefundStatus.FAILED.value, RefundStatus.REQUIRES_ACTION.value]
    cases = Case.objects.filter(kind=Case.Kind.REFUND, status__in=undone, as_of__gte=timezone.now() - RECENT)
    for case in cases.order_by("as_of", "pk")[:20]:
        what = _("A refund of %(amount)s did not reach the donor.") % {
            "amount": formatting.amount(case.amount, case.currency)
        }
        link = reverse("admin:donations_donation_change", args=[case.donation_id])
        yield Task(what, link, "donations.view_donation", urgent=True)


def _failed_payments() -> Iterator[Task]:
    failed = LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.PAYMENT_FAILURE, happened_at__gte=timezone.now() - RECENT
    ).exclude(donation__flags_seen__contains=Flag.FAILED)
    for entry in failed.order_by("happened_at", "pk")[:20]:
        what = _("A payment of %(amount)s failed after it had arrived.") % {
            "amount": formatting.amount(-entry.amount, entry.currency)
        }
        link = reverse("admin:donations_donation_change", args=[entry.donation_id])
        yield Task(what, link, "donations.view_donation", urgent=True)


def _past_due() -> Iterator[Task]:
    """Their donors were told; who wants to may write to them as well."""
    count, link = recurring.past_due()
    if count:
        what = ngettext(
            "The last charge of %(count)d gift that comes again failed.",
            "The last charges of %(count)d gifts that come again failed.",
            count,
        )
        yield Task(what % {"count": count}, link, "donations.view_subscription")


def _events() -> Iterator[Task]:
    failed = StripeEvent.objects.filter(state=StripeEvent.State.FAILED).count()
    if failed:
        what = ngettext("%(count)d event of Stripe’s failed.", "%(count)d events of Stripe’s failed.", failed)
        yield Task(
            what % {"count": failed},
            _list("donations_stripeevent", "state__exact=failed"),
            "donations.view_stripeevent",
        )
    # A short wait is how it is meant: a refund may come before its payment. Compared here and not by the database,
    # which would take the index of the times and look at every event there is.
    waiting = (
        StripeEvent.objects.filter(state=StripeEvent.State.DEFERRED).order_by().values_list("received_at", flat=True)
    )
    parked = sum(at < timezone.now() - PATIENCE for at in waiting[:MANY])
    if parked:
        what = ngettext("%(count)d event of Stripe’s is parked.", "%(count)d events of Stripe’s are parked.", parked)
        yield Task(
            what % {"count": parked},
            _list("donations_stripeevent", "state__exact=parked"),
            "donations.view_stripeevent",
        )


def _emails() -> Iterator[Task]:
    dead = Mail.objects.filter(state=Mail.State.FAILED).count()
    if dead:
        what = ngettext("%(count)d e-mail could not be sent.", "%(count)d e-mails could not be sent.", dead)
        yield Task(what % {"count": dead}, _list("mail_mail", "state__exact=dead"), "mail.view_mail")

    # The first failure may be a short absence. Those that wait for an address have used up no attempt.
    waiting = Mail.objects.filter(state=Mail.State.WAITING, next_at__isnull=False, attempts__gte=2).exclude(error="")
    if latest := waiting.order_by("-attempts", "-pk").first():
        count = waiting.count()
        what = ngettext(
            "%(count)d e-mail waits. The mail server: %(error)s",
            "%(count)d e-mails wait. The mail server: %(error)s",
            count,
        )
        yield Task(
            what % {"count": count, "error": latest.error}, _list("mail_mail", "state__exact=waiting"), "mail.view_mail"
        )


def _flags() -> Iterator[Task]:
    flagged = Donation.objects.exclude(flags="").exclude(flags=F("flags_seen")).count()
    if flagged:
        what = ngettext("%(count)d gift is flagged.", "%(count)d gifts are flagged.", flagged)
        yield Task(what % {"count": flagged}, _list("donations_donation", "flagged=open"), "donations.view_donation")


def _words() -> Iterator[Task]:
    """What is shown to nobody before somebody has read it."""
    newest = Donation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    waiting = Donation.objects.filter(in_state(Words.WAITING), pk__gt=newest - LATELY).count()
    if waiting:
        what = ngettext(
            "A message or name waits to be read.", "Messages or names of %(count)d gifts wait to be read.", waiting
        )
        yield Task(what % {"count": waiting}, _list("donations_message"), "donations.view_message")


def _receipts() -> Iterator[Task]:
    """An e-mail and a page that lack what the law asks for are no receipt in many countries."""
    told = current()
    if Receipt.objects.exists() and not (told.receipt_text and told.address):
        what = _("Receipts lack your postal address or the legal text: write them under Organisation.")
        yield Task(what, reverse("admin:organisation_organisation_changelist"), "organisation.change_organisation")


def _background() -> Iterator[Task]:
    """The mirror is due every ten minutes: when it is long overdue, nothing else is being done either."""
    job = Chore.objects.filter(pk=MIRROR, due_at__lt=timezone.now() - LATE).first()
    if job:
        since = formatting.moment(job.due_at)
        what = _("The background work has not run since %(since)s.") % {"since": since}
        yield Task(what, _list(CHORE), "donations.view_chore", urgent=True)


def _proxy() -> Iterator[Task]:
    if unknown_proxy.seen():
        what = _("A proxy seems to stand before the site that TRUSTED_PROXIES does not count: all visitors look alike.")
        yield Task(what, reverse("admin:donations_chore_doctor"), "donations.view_chore")


def _list(model: str, narrowed: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + (f"?{narrowed}" if narrowed else "")
