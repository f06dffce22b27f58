"""Tells donors some days before a charge: of a yearly one always, of a monthly one if the organisation wants it.

By our own clock, from the day that Stripe told with the subscription: it is asked for again where an event was lost.
Stripe's `invoice.upcoming` is sent once, so many days before as its dashboard says for all that the account sells, and
shows an invoice without an id, which cannot be asked for again. https://docs.stripe.com/api/events/types
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from donations.domain.subscription import Frequency, SubscriptionStatus
from donations.ledger import subscription_emails
from donations.models import Subscription
from organisation.models import Organisation, current

# How long before: there has to be time to stop it, and none to forget it again.
NOTICE = {Frequency.YEARLY: timedelta(days=14), Frequency.MONTHLY: timedelta(days=3)}


def announce() -> str:
    """Owe the letters whose time has come. Each is owed once, however often this is done."""
    now, organisation = timezone.now(), current()
    soon = Subscription.objects.filter(
        status=SubscriptionStatus.ACTIVE, period_end__gt=now, period_end__lte=now + max(NOTICE.values())
    )
    count = 0
    for subscription in soon.iterator():
        charged_at = due_at(subscription, organisation)
        if charged_at and charged_at - now <= NOTICE[subscription.frequency]:
            subscription_emails.owe_announcement(subscription, charged_at)
            count += 1
    return f"{count} charges announced"


def due_at(subscription: Subscription, organisation: Organisation) -> datetime | None:
    """When it is charged next, if that is to be announced."""
    wanted = subscription.frequency is Frequency.YEARLY or organisation.announce_monthly
    return subscription.period_end if wanted and subscription.status == SubscriptionStatus.ACTIVE else None
