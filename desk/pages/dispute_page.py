"""A dispute in words: what the bank says, and what we hold that speaks for the gift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from desk.pages import formatting, timeline
from donations.domain.updates import DisputeStatus
from donations.models import Case, LedgerEntry
from mail.models import Mail

# https://docs.stripe.com/disputes/categories
REASONS: dict[str, Promise] = {
    "fraudulent": gettext_lazy(
        "The card’s holder says that they did not make this payment. Show who gave, when, and that a receipt was sent."
    ),
    "unrecognized": gettext_lazy(
        "The card’s holder does not recognise the payment. Say who you are, and show the receipt."
    ),
    "duplicate": gettext_lazy("The card’s holder says that they were charged twice. See whether there are two gifts."),
    "credit_not_processed": gettext_lazy("The card’s holder expected a refund. If there was one, name it."),
    "subscription_canceled": gettext_lazy("The card’s holder says that they had stopped giving."),
    "product_not_received": gettext_lazy("The card’s holder expected something in return. Say that it was a gift."),
    "product_unacceptable": gettext_lazy("The card’s holder is not content. Say that it was a gift."),
    "general": gettext_lazy("The bank names no reason."),
}
STATES: dict[str, Promise] = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: gettext_lazy("The bank asks. No money has moved yet. An answer is due."),
    DisputeStatus.WARNING_UNDER_REVIEW: gettext_lazy("The bank asked, and reads our answer. No money has moved."),
    DisputeStatus.WARNING_CLOSED: gettext_lazy("The bank asked, and left it at that. No money has moved."),
    DisputeStatus.PREVENTED: gettext_lazy("Settled before it became a dispute; the money may be gone."),
    DisputeStatus.NEEDS_RESPONSE: gettext_lazy("The bank took the money back. An answer is due."),
    DisputeStatus.UNDER_REVIEW: gettext_lazy("The bank reads our answer."),
    DisputeStatus.UNKNOWN: gettext_lazy(
        "Stripe calls its state by a word that this site does not know. Look at it in Stripe’s dashboard."
    ),
    DisputeStatus.LOST: gettext_lazy("The bank decided for the card’s holder. The money is gone."),
    DisputeStatus.APPEAL_NEEDS_RESPONSE: gettext_lazy("The decision was appealed. An answer is due."),
    DisputeStatus.APPEAL_UNDER_REVIEW: gettext_lazy("The bank reads the appeal."),
    DisputeStatus.WON: gettext_lazy("The bank decided for us. The money is back."),
}


@dataclass(frozen=True, slots=True)
class Page:
    """`evidence` is what we hold, as (what, how it stands in our book); `text` the same to be copied."""

    state: str
    reason: str
    deadline: str
    late: bool
    answer: str
    evidence: list[tuple[str, str]]

    @property
    def text(self) -> str:
        return "\n".join(f"{what}: {held}" for what, held in self.evidence)


@dataclass(frozen=True, slots=True)
class Line:
    """A dispute among others: until when, how much, whose gift, and what the bank says."""

    deadline: str
    late: bool
    amount: str
    donor: str
    state: str
    link: str


def lines(cases: list[Case]) -> list[Line]:
    return [
        Line(
            deadline=_deadline(case),
            late=_late(case),
            amount=formatting.amount(case.amount, case.currency),
            donor=case.donation.donor,
            state=_state(case),
            link=reverse("admin:donations_case_change", args=[case.pk]),
        )
        for case in cases
    ]


def page(case: Case) -> Page:
    reason = str(REASONS.get(case.reason, case.reason or _("The bank has not said why.")))
    return Page(
        state=_state(case),
        reason=reason,
        deadline=_deadline(case),
        late=_late(case),
        answer=formatting.dashboard(case.pk),
        evidence=_evidence(case),
    )


def _state(case: Case) -> str:
    """What the bank says; beside it Stripe's own word where we know none for it."""
    known = STATES.get(case.status)
    return str(known) if known else f"{STATES[DisputeStatus.UNKNOWN]} ({case.status})"


def _late(case: Case) -> bool:
    return bool(case.deadline and case.deadline < timezone.now())


def _deadline(case: Case) -> str:
    if not case.deadline:
        return ""
    left = (case.deadline - timezone.now()).days
    if left < 0:
        return _("%(day)s: the time is over") % {"day": _moment(case.deadline)}
    days = ngettext("%(count)d day left", "%(count)d days left", left) % {"count": left}
    return f"{_moment(case.deadline)} ({days})"


def _evidence(case: Case) -> list[tuple[str, str]]:
    donation = case.donation
    entries = list(donation.entries.order_by("id"))
    held = [
        (_("Gift"), f"{donation.pk}, {formatting.amount(donation.amount, donation.currency)}"),
        (_("Name given"), donation.name),
        (_("Name at Stripe"), donation.payer_name),
        (_("E-mail address"), donation.email),
        (_("Message of the donor"), donation.message),
        (_("Amount chosen on our site"), _moment(donation.created_at)),
        (_("Page to pay on, at Stripe"), donation.session_id),
    ]
    for entry in entries:
        if entry.kind == LedgerEntry.Kind.PAYMENT:
            held.append((_("Paid on Stripe’s page"), f"{_moment(entry.happened_at)}, {entry.source}"))
        elif entry.kind == LedgerEntry.Kind.REFUND:
            amount = formatting.amount(-entry.amount, entry.currency)
            held.append((_("Refunded"), f"{_moment(entry.happened_at)}, {amount}, {entry.source}"))
    held += [
        (str(timeline.EMAILS[mail.kind]), f"{_moment(mail.sent_at)}, Message-ID {mail.message_id}")
        for mail in timeline.emails_of(donation)
        if mail.state == Mail.State.SENT and mail.sent_at
    ]
    if donation.user_id:
        held.append((_("Donor’s account on our site"), str(donation.user)))
    return [(what, value) for what, value in held if value]


def _moment(at: datetime) -> str:
    """With the time zone: a bank elsewhere reads it."""
    return f"{formatting.moment(at)} {timezone.localtime(at):%Z}"
