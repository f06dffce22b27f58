"""Signs of card testing: thieves try stolen cards on forms like ours, and most of them are declined.

All that is known is what Stripe reported of our own pages: an event for each declined card, and one for each payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from donations.domain.subscription import FIRST
from donations.models import StripeEvent
from donations.stripe.events import DECLINED, DECLINED_MONTHLY

WITHIN = timedelta(hours=1)
PAID = "checkout.session.completed"


@dataclass(frozen=True, slots=True)
class Declines:
    """Within the last hour, and the cards declined within the last day."""

    declined: int
    paid: int
    declined_in_a_day: int

    def alarming(self, many: int) -> bool:
        """Whether as `many` cards were declined, and more than paid."""
        return self.declined >= many and self.declined > self.paid


def recent(since: datetime | None = None) -> Declines:
    """What was reported within the last hour (and not before `since`) and the last day."""
    now = timezone.now()
    # Another seller's declined cards on the same Stripe account come in as well: those are ignored, not handled.
    reported = StripeEvent.objects.filter(received_at__gte=now - timedelta(days=1), state=StripeEvent.State.HANDLED)
    just_now = Q(received_at__gte=max(now - WITHIN, since or now - WITHIN))
    declined = Q(type=DECLINED) | Q(type=DECLINED_MONTHLY, body__contains=f'"{FIRST}"')
    counts = reported.filter(declined | Q(type=PAID)).aggregate(
        declined=Count("pk", filter=declined & just_now),
        paid=Count("pk", filter=Q(type=PAID) & just_now),
        in_a_day=Count("pk", filter=declined),
    )
    return Declines(counts["declined"], counts["paid"], counts["in_a_day"])
