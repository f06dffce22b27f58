"""How far a refund or a dispute has come, in a few words for a list; its own page says more."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.pages import formatting
from donations.domain.updates import DisputeStatus, RefundStatus
from donations.models import Case

DISPUTES: dict[str, Promise] = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: gettext_lazy("Answer due: the bank asks"),
    DisputeStatus.WARNING_UNDER_REVIEW: gettext_lazy("The bank reads our answer"),
    DisputeStatus.WARNING_CLOSED: gettext_lazy("Closed, nothing was taken"),
    DisputeStatus.PREVENTED: gettext_lazy("Settled before a dispute"),
    DisputeStatus.NEEDS_RESPONSE: gettext_lazy("Answer due"),
    DisputeStatus.UNDER_REVIEW: gettext_lazy("The bank reads our answer"),
    DisputeStatus.LOST: gettext_lazy("Lost"),
    DisputeStatus.APPEAL_NEEDS_RESPONSE: gettext_lazy("Answer due: appeal"),
    DisputeStatus.APPEAL_UNDER_REVIEW: gettext_lazy("The bank reads the appeal"),
    DisputeStatus.WON: gettext_lazy("Won"),
}
REFUNDS: dict[str, Promise] = {
    RefundStatus.PENDING: gettext_lazy("On its way"),
    RefundStatus.REQUIRES_ACTION: gettext_lazy("Waits for the donor"),
    RefundStatus.SUCCEEDED: gettext_lazy("Sent back"),
    RefundStatus.CANCELED: gettext_lazy("Called off"),
    RefundStatus.FAILED: gettext_lazy("Failed: the bank did not take it"),
}
OTHERS: dict[str, Promise] = {
    Case.Kind.WARNING: gettext_lazy("A warning, no money has moved"),
    Case.Kind.FAILURE: gettext_lazy("The bank did not pay"),
}


def state(kind: str, status: str) -> str:
    """The state in our words; Stripe's own word where we know none for it."""
    if (kind, status) == (Case.Kind.WARNING, "answered"):
        return _("Answered")
    known = {Case.Kind.DISPUTE: DISPUTES, Case.Kind.REFUND: REFUNDS}.get(Case.Kind(kind), {}).get(status)
    return str(known or OTHERS.get(kind) or status)


def answer_by(deadline: datetime | None, due: bool) -> str:
    """The day until which the bank takes an answer, while one is due; marked once it is over."""
    if not deadline or not due:
        return "–"
    day = formatting.day(deadline)
    if deadline < timezone.now():
        return format_html('<strong class="desk-differ">{}</strong>', _("%(day)s: over") % {"day": day})
    return format_html('<strong class="desk-day">{}</strong>', day)
