"""Which e-mails a subscription calls for, and what the outbox knows each of them by.

About the subscription itself by its uuid, about a charge that failed by its invoice: so each is told once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from donations.domain.subscription import LIVE, EndedBy, SubscriptionStatus
from donations.models import Invoice, Subscription
from mail import outbox


class SubscriptionEmail(StrEnum):
    """What is told of a gift that comes again."""

    STARTED = "monthly_started"
    ENDING = "monthly_ending"  # its end is decided, and lies in the future
    STOPPED = "monthly_stopped"
    CHARGE_FAILED = "monthly_charge_failed"
    LINK = "monthly_link"  # asked for by whoever wants to change or stop it
    RENEWS = "monthly_renews"  # some days before a charge
    GIVEN_UP = "monthly_given_up"  # Stripe ended it, because its charges failed


def owe(subscription: Subscription, before: SubscriptionStatus) -> None:
    """Owe the donor the e-mails that this change of the status calls for. In the caller's transaction."""
    now, key = SubscriptionStatus(subscription.status), str(subscription.uuid)
    if now is before:
        return
    if before is SubscriptionStatus.STARTING and now in LIVE:
        outbox.enqueue(SubscriptionEmail.STARTED, key)
    if now is SubscriptionStatus.ENDING:
        outbox.enqueue(SubscriptionEmail.ENDING, key)
    if now is SubscriptionStatus.ENDED:
        failed = subscription.ended_by is EndedBy.FAILED
        outbox.enqueue(SubscriptionEmail.GIVEN_UP if failed else SubscriptionEmail.STOPPED, key)


def owe_failure(invoice: Invoice, before: int) -> None:
    """Owe the donor one e-mail when the charge of an invoice fails for the first time; `before` counts its failures.

    Of the first one Stripe's page tells, on which the card was typed.
    """
    if invoice.failures > before == 0 and not invoice.told.is_first:
        outbox.enqueue(SubscriptionEmail.CHARGE_FAILED, invoice.pk)


def owe_announcement(subscription: Subscription, due_at: datetime) -> None:
    """Owe the donor one e-mail before the charge of this day."""
    outbox.enqueue(SubscriptionEmail.RENEWS, f"{subscription.uuid}.{day_of(due_at)}")


def day_of(due_at: datetime) -> str:
    """How the key of an announcement names the day of the charge."""
    return f"{timezone.localtime(due_at):%Y%m%d}"


def keys(subscriptions: Iterable[Subscription]) -> set[str]:
    """What the outbox knows all e-mails about these subscriptions by."""
    mine = list(subscriptions)
    invoices = Invoice.objects.filter(subscription__in=mine).values_list("pk", flat=True)
    # Of a link or an announcement, more than the uuid.
    longer = (outbox.keys(f"{each.uuid}.") for each in mine)
    return {*invoices, *(str(each.uuid) for each in mine)}.union(*longer)
