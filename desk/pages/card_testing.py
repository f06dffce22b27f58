"""Signs of card testing: thieves try stolen cards on forms like ours, and most of them are declined.

All that is known is what Stripe reported of our own pages: an event for each declined card, and one for each payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from donations.models import StripeEvent

WITHIN = timedelta(hours=1)
ALARM = 10  # declined cards within that time, if fewer were paid


@dataclass(frozen=True, slots=True)
class Declines:
    """Within the last hour, and the cards declined within the last day."""

    declined: int
    paid: int
    declined_in_a_day: int

    @property
    def alarm(self) -> bool:
        return self.declined >= ALARM and self.declined > self.paid


def recent() -> Declines:
    now = timezone.now()
    # Another seller's declined cards on the same Stripe account come in as well: those are ignored, not handled.
    reported = StripeEvent.objects.filter(received_at__gte=now - timedelta(days=1))
    declined = Q(type="payment_intent.payment_failed", state=StripeEvent.State.HANDLED)
    paid = Q(type="checkout.session.completed", state=StripeEvent.State.HANDLED)
    just_now = Q(received_at__gte=now - WITHIN)
    counts = reported.aggregate(
        declined=Count("pk", filter=declined & just_now),
        paid=Count("pk", filter=paid & just_now),
        in_a_day=Count("pk", filter=declined),
    )
    return Declines(counts["declined"], counts["paid"], counts["in_a_day"])
