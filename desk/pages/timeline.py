"""What happened to a gift, in the order in which it happened, from everything that keeps a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.pages import formatting
from donations.domain.updates import Checkout
from donations.ledger import donor_emails
from donations.ledger.donor_emails import EmailKind
from donations.models import Case, Donation, LedgerEntry, RefundRequest
from mail.models import Mail

BOOKED = {
    "payment": gettext_lazy("%(amount)s arrived"),
    "refund": gettext_lazy("%(amount)s went back to the donor"),
    "refund_failure": gettext_lazy("A refund failed: %(amount)s came back to us"),
    "dispute_withdrawal": gettext_lazy("The bank took %(amount)s"),
    "dispute_reinstatement": gettext_lazy("The bank gave %(amount)s back"),
    "payment_failure": gettext_lazy("The payment failed after all: the bank took %(amount)s back"),
    "offline": gettext_lazy("%(amount)s reached us outside Stripe"),
    "offline_reversal": gettext_lazy("%(amount)s was struck out"),
}
EMAILS: dict[str, Promise] = {
    EmailKind.PAID: gettext_lazy("Receipt"),
    EmailKind.REFUNDED: gettext_lazy("E-mail about the refund"),
    EmailKind.REFUND_FAILED: gettext_lazy("E-mail that the refund failed"),
    EmailKind.OFFLINE: gettext_lazy("Receipt"),
    EmailKind.FAILED: gettext_lazy("E-mail that the payment failed"),
    EmailKind.PAYMENT_FAILED: gettext_lazy("E-mail that the payment failed after all"),
}

CASES = {
    Case.Kind.REFUND: gettext_lazy("Refund of %(amount)s asked for"),
    Case.Kind.DISPUTE: gettext_lazy("Dispute about %(amount)s opened"),
    Case.Kind.WARNING: gettext_lazy("The card’s network warned that the payment of %(amount)s may be fraud"),
    Case.Kind.FAILURE: gettext_lazy("The bank turned the payment of %(amount)s down"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """`mark` says how it is drawn: plain, good or bad."""

    at: datetime
    what: str
    mark: str = "plain"
    more: str = ""
    link: str = ""

    @property
    def when(self) -> str:
        return formatting.moment(self.at)

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.what


def of(donation: Donation) -> list[Moment]:
    """Every moment that is known of a gift, the first one first."""
    entries = list(donation.entries.all())
    moments = [
        *_asking(donation),
        *_booked(entries),
        *_cases(donation),
        *_requests(donation),
        *_emails(donation),
        *_staff(donation),
    ]
    return sorted(moments, key=lambda moment: moment.order)


def _asking(donation: Donation) -> Iterator[Moment]:
    asked = formatting.amount(donation.amount, donation.currency)
    yield Moment(donation.created_at, _("The donor chose %(amount)s") % {"amount": asked})
    if donation.checkout == Checkout.EXPIRED:
        yield Moment(donation.expires_at, _("Stripe’s page closed without a payment"), "bad")


def _booked(entries: list[LedgerEntry]) -> Iterator[Moment]:
    for entry in entries:
        words = str(BOOKED.get(entry.kind, f"%(amount)s, {entry.get_kind_display()}"))
        yield Moment(
            entry.happened_at,
            words % {"amount": formatting.amount(abs(entry.amount), entry.currency)},
            "good" if entry.amount > 0 else "bad",
            entry.source,
            formatting.dashboard(entry.source),
        )


def _cases(donation: Donation) -> Iterator[Moment]:
    requests = {request.refund: request for request in donation.refund_requests.all() if request.refund}
    for case in donation.cases.all():
        if case.pk in requests:
            continue  # told by the request that led to it
        refund = case.kind == Case.Kind.REFUND
        text = CASES[Case.Kind(case.kind)]
        more = _("by %(who)s") % {"who": case.asked_by} if case.asked_by else case.reason
        what = str(text) % {"amount": formatting.amount(case.amount, case.currency)}
        yield Moment(case.opened_at, what, "plain" if refund else "bad", more, _case_page(case))


def _requests(donation: Donation) -> Iterator[Moment]:
    """What the staff asked Stripe to send back, and what Stripe said to it."""
    marks = {RefundRequest.State.REFUSED.value: "bad"}
    cases = {case.pk: case for case in donation.cases.all()}
    for request in donation.refund_requests.all():
        what = _("Refund of %(amount)s asked for: %(state)s") % {
            "amount": formatting.amount(request.amount, request.currency),
            "state": request.get_state_display(),
        }
        more = [_("by %(who)s") % {"who": request.asked_by}, request.answer]
        case = cases.get(request.refund)
        if request.state == RefundRequest.State.ASKED:
            link = reverse("admin:donations_donation_refund", args=[donation.pk])
        else:
            link = _case_page(case) if case else ""
        words = ". ".join(filter(None, more))
        yield Moment(request.created_at, what, marks.get(request.state, "plain"), words, link)


def _case_page(case: Case) -> str:
    return reverse("admin:donations_case_change", args=[case.pk])


def emails_of(donation: Donation) -> list[Mail]:
    """The outbox's rows about a gift."""
    return list(Mail.objects.filter(kind__in=EMAILS, key__in=donor_emails.keys([donation])).order_by("id"))


def _emails(donation: Donation) -> Iterator[Moment]:
    marks = {Mail.State.SENT.value: "good", Mail.State.FAILED.value: "bad"}
    for mail in emails_of(donation):
        state = mail.get_state_display()
        yield Moment(
            mail.sent_at or mail.created_at,
            _("%(letter)s: %(state)s") % {"letter": EMAILS[mail.kind], "state": state},
            marks.get(mail.state, "plain"),
            mail.error,
            reverse("admin:mail_mail_change", args=[mail.pk]),
        )


def _staff(donation: Donation) -> Iterator[Moment]:
    kind = ContentType.objects.get_for_model(Donation)
    for entry in LogEntry.objects.filter(content_type=kind, object_id=str(donation.pk)).select_related("user"):
        yield Moment(entry.action_time, entry.get_change_message(), "plain", _("by %(who)s") % {"who": entry.user})
