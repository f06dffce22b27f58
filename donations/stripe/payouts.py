"""Which payout took which money to the bank: what an accountant needs to find our gifts on a bank statement.

A balance transaction does not name its payout. Stripe lists the parts of an automatic payout, so each is listed once.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Sum
from django.utils import timezone

from donations.models import BalanceTransaction, PaidOut, Payout
from donations.stripe import client, parsing

EPOCH = datetime.fromtimestamp(0, tz=timezone.get_fixed_timezone(0))
OVERLAP = timedelta(days=30)  # a payout can still fail, and Stripe takes its time to work out what it carried
AT_ONCE = 20  # payouts whose parts are listed in one round: the next one goes on


@dataclass(frozen=True, slots=True)
class Checked:
    """A payout beside the sum of its parts (minor units), as far as they are copied."""

    payout: Payout
    parts: int | None

    @property
    def agrees(self) -> bool:
        return self.parts == self.payout.amount


def mirror(at_once: int = AT_ONCE) -> int:
    """Copy payouts, and what they carried. Returns how many payouts' parts were copied. Raises NoAnswer or Refused."""
    newest = Payout.objects.aggregate(at=Max("created_at"))["at"]
    for thing in client.listed("payouts", newest - OVERLAP if newest else EPOCH):
        add(thing)
    done = 0
    for payout in list(Payout.objects.filter(known=True, listed=False).order_by("created_at")[:at_once]):
        add_parts(payout, [part["id"] for part in client.listed("balance_transactions", payout=payout.pk)])
        done += 1
    return done


def add(thing: dict[str, Any]) -> Payout:
    """Copy one payout as it is now."""
    told = dataclasses.asdict(parsing.payout(thing))
    return Payout.objects.update_or_create(pk=told.pop("id"), defaults=told)[0]


def add_parts(payout: Payout, transactions: list[str]) -> None:
    """Note which balance transactions the payout carried."""
    parts = [PaidOut(transaction=transaction, payout=payout) for transaction in transactions]
    PaidOut.objects.bulk_create(parts, ignore_conflicts=True, batch_size=500)
    Payout.objects.filter(pk=payout.pk).update(listed=True)


def checked(start: datetime | None, end: datetime | None, limit: int) -> list[Checked]:
    """The latest payouts of a period, each beside what its parts come to."""
    payouts = Payout.objects.order_by("-created_at")
    if start:
        payouts = payouts.filter(created_at__gte=start)
    if end:
        payouts = payouts.filter(created_at__lt=end)
    return [Checked(payout, _sum(payout) if payout.listed else None) for payout in payouts[:limit]]


def _sum(payout: Payout) -> int:
    """What the payout's parts come to, without its own movement, which takes them out of the balance."""
    parts = BalanceTransaction.objects.filter(pk__in=payout.parts.values("transaction")).exclude(source=payout.pk)
    return parts.aggregate(sum=Sum("net"))["sum"] or 0
