"""The buckets that a payment page is taken from, and their share when it is paid."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from donations.domain import status
from donations.domain.status import Status
from donations.models import Opening
from donations.shield import rules
from donations.shield.rules import Rules
from limits import buckets
from limits.buckets import Draw, Rate

BATCH = 500  # pages per round


def quiet(place: str, now: Rules, cost: int = 1) -> Draw:
    return Draw(buckets.key("page", place), now.place, cost)


def quiet_area(area: str, now: Rules) -> Draw:
    return Draw(buckets.key("page around", area), now.area)


def alarm(place: str, now: Rules, cost: int = 1) -> Draw:
    # Dearer at most by all that it holds: a doubtful visitor waits, and is not shut out.
    return Draw(buckets.key("page in alarm", place), now.alarm_place, min(cost, now.alarm_place.burst))


def alarm_area(area: str, now: Rules) -> Draw:
    return Draw(buckets.key("page around in alarm", area), now.alarm_area)


def site(now: Rules, leave: int = 0) -> Draw:
    return Draw(buckets.key("page", "site"), now.site, leave=leave)


def worked(now: Rules, times: int) -> Draw:
    """Of the pages that somebody worked for."""
    return Draw(
        buckets.key("page worked for", "site"), Rate(now.site.burst * times, now.site.refill * times, now.site.within)
    )


def give_back_paid(place: str, area: str) -> int:
    """Give back what was paid at this place or around it since the last round. Returns how many pages that were."""
    return _settle(Q(place=place) | Q(area=area), Q(donation__status__in=status.GIVEN))


def settle() -> int:
    """Give back what was paid, and forget the pages that are over. Returns how many."""
    return _settle(~Q(donation__status=Status.PENDING))


def _settle(*which: Q) -> int:
    now = rules.current()
    over = Opening.objects.filter(*which).select_related("donation").order_by("pk")
    return sum(_end(opening, now) for opening in list(over[:BATCH]))


@transaction.atomic
def _end(opening: Opening, now: Rules) -> bool:
    """Forget a page, and give its tokens back if it was paid. Who deletes the row does so, and nobody else."""
    gone, _ = Opening.objects.filter(pk=opening.pk).delete()
    if gone and opening.donation.status in status.GIVEN:
        buckets.give_back(
            quiet(opening.place, now, opening.cost), quiet_area(opening.area, now),
            alarm(opening.place, now, opening.cost), alarm_area(opening.area, now),
            *([site(now)] if opening.of_all else []),
        )  # fmt: skip
    return bool(gone)
