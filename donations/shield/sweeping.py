"""Gifts that were never paid go after a while: an attack leaves thousands, and each may hold what somebody typed."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from donations.domain.status import Status
from donations.models import Donation

KEEP = timedelta(days=30)
BATCH = 500  # gifts per transaction: others want to write, too
AT_ONCE = 20  # batches per round


def delete_unpaid() -> int:
    """Delete gifts whose page expired unpaid 30 days ago and of which Stripe told nothing else. Returns how many."""
    deleted = 0
    for _ in range(AT_ONCE):
        found = _delete_some()
        deleted += found
        if found < BATCH:
            break
    return deleted


@transaction.atomic
def _delete_some() -> int:
    # What anything else points at was more than a page that expired.
    told_of = ("entries", "cases", "refund_requests", "invoices")
    old = Donation.objects.filter(
        status=Status.EXPIRED,
        created_at__lt=timezone.now() - KEEP,
        **{f"{name}__isnull": True for name in told_of},
    )
    some = list(old.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)[:BATCH])
    Donation.objects.filter(pk__in=some).delete()
    return len(some)
