"""What is not needed any more goes: the bodies of old events hold donors' names and addresses."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from donations.models import StripeEvent

KEEP_BODY = timedelta(days=90)


def empty_old_events() -> int:
    """Empty the bodies of events that are settled and older than 90 days. Returns how many."""
    settled = [StripeEvent.State.HANDLED, StripeEvent.State.IGNORED]
    old = StripeEvent.objects.filter(state__in=settled, received_at__lt=timezone.now() - KEEP_BODY).exclude(body="")
    return old.update(body="")
