"""What the staff stop for a donor who asked them to: with a reason that is kept, and once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils import timezone

from donations.domain.subscription import EndedBy
from donations.models import StopRequest, Subscription
from donations.stripe.errors import Refused
from donations.stripe.recurring import changes


@dataclass(frozen=True, slots=True)
class Wanted:
    """`form` is the page that asks: sent twice, it is one request. `by` is who asked."""

    form: uuid.UUID
    at_period_end: bool
    reason: str
    by: str


def stop(subscription: Subscription, wanted: Wanted) -> StopRequest:
    """Note down what is wanted, and ask Stripe for it. Not for use within a transaction.

    Raises StripeUnavailable (nobody knows whether Stripe acted: send the same again) or Refused (nothing was changed,
    and nothing is noted).
    """
    noted = {"at_period_end": wanted.at_period_end, "reason": wanted.reason, "asked_by": wanted.by}
    request, _ = StopRequest.objects.get_or_create(uuid=wanted.form, subscription=subscription, defaults=noted)
    if request.done_at:
        return request
    change = changes.stop_at_period_end if request.at_period_end else changes.stop
    try:
        change(subscription, by=EndedBy.STAFF, key=f"desk-{request.uuid.hex}")
    except Refused:
        # Stripe keeps this answer under the key, so the next try is another request.
        StopRequest.objects.filter(pk=request.pk, done_at=None).delete()
        raise
    request.done_at = timezone.now()
    request.save(update_fields=["done_at"])
    return request
