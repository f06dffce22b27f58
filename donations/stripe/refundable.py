"""What of a donation may still be sent back, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from donations.domain.status import Status
from donations.domain.updates import Refund, RefundStatus
from donations.models import Case, Donation, LedgerEntry, OfflineGift, payments_of
from donations.stripe import client, polling
from donations.stripe.errors import NotFound

UNDONE = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})


@dataclass(frozen=True, slots=True)
class Refundable:
    """A payment of a gift, and how much of it is `left`, in minor units."""

    payment: str
    amount: int
    currency: str
    left: int


class InAnotherAccount(Exception):
    """The Stripe account that our key opens does not hold the payment. The text is for the person who asked."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The Stripe account of the site’s present key does not know this payment: another account took it. "
                "It cannot be sent back from here. Send it back in the dashboard of that account; this site will not "
                "hear of it."
            )
        )


def why_not(donation: Donation) -> str:
    """Why nothing of this gift can be refunded, in words; nothing if it can."""
    if OfflineGift.objects.filter(donation=donation).exists():
        return _("This gift came outside Stripe, so Stripe cannot send it back. Its own record can be struck out.")
    match Status(donation.status):
        case Status.PAID | Status.PARTLY_REFUNDED:
            return "" if left(donation) > 0 else _("A refund of all that is left is on its way already.")
        case Status.DISPUTED:
            return _(
                "The donor's bank disputes this gift and holds the money. A refund now would send it back twice. "
                "Answer the dispute in Stripe's dashboard; to give the money back, accept it there."
            )
        case Status.LOST:
            return _("The donor's bank has taken this gift back already.")
        case Status.REFUNDED:
            return _("All of this gift went back already.")
    return _("No payment of this gift has arrived, so there is nothing to send back.")


def left(donation: Donation) -> int:
    """What may still be refunded, in minor units of the gift's payment: open refunds count as gone."""
    first = _payments(donation).first()
    if first is None:
        return 0
    paid = _payments(donation).filter(currency=first.currency).aggregate(sum=Sum("amount"))["sum"]
    refunds = Case.objects.filter(donation=donation, kind=Case.Kind.REFUND, currency=first.currency, credited=False)
    gone = refunds.exclude(status__in=UNDONE).aggregate(sum=Sum("amount"))["sum"]
    return int(paid) - int(gone or 0)


def refresh(donation: Donation) -> list[Refundable]:
    """Ask Stripe what became of the gift's payments meanwhile, book it, and tell what is left of each.

    Refreshes `donation`. Raises InAnotherAccount, StripeUnavailable or Refused.
    """
    found = []
    for entry in _payments(donation):
        try:
            intent = _intent(entry)
            if not intent:
                continue
            # A list of its refunds would be empty, or an error, and neither tells why.
            client.retrieve(intent)
        except NotFound as error:
            raise InAnotherAccount from error
        refunds = [each.change for each in polling.fetch_cases(intent) if isinstance(each.change, Refund)]
        gone = sum(refund.amount for refund in refunds if refund.status not in UNDONE)
        found.append(Refundable(intent, entry.amount, entry.currency, entry.amount - gone))
    donation.refresh_from_db()
    return found


def _intent(entry: LedgerEntry) -> str:
    """The payment intent of a payment; nothing where an invoice was paid without one, outside Stripe."""
    if entry.source not in payments_of([entry.source]):
        polling.fetch(entry.source)
    return payments_of([entry.source]).get(entry.source, "")


def _payments(donation: Donation) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(donation=donation, kind=LedgerEntry.Kind.PAYMENT).order_by("happened_at", "id")
