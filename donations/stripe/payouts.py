"""Which payout took which money to the bank: what an accountant needs to find our gifts on a bank statement.

A balance transaction does not name its payout. Stripe lists the parts of an automatic payout, so each is listed once.
An account may be much older than the site: no payout before our first gift can hold money of ours, and is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum

from donations.ledger import accounts
from donations.models import BalanceTransaction, PaidOut, Payout
from donations.stripe import client, parsing
from donations.stripe.account import present
from donations.stripe.balance_transactions import first_gift

OVERLAP = timedelta(days=30)  # a payout can still fail, and Stripe takes its time to work out what it carried
AT_ONCE = 20  # payouts whose parts are listed in one round: the next one goes on
PART = 500  # parts noted at a time
PARTS_AT_ONCE = 5000  # and no further one after so many parts


@dataclass(frozen=True, slots=True)
class Checked:
    """A payout beside the sum of its parts (minor units), as far as they are copied.

    `older` when some of them were booked before our mirror begins: then nobody here can add them up.
    """

    payout: Payout
    parts: int | None
    older: bool = False

    @property
    def agrees(self) -> bool:
        return self.parts == self.payout.amount


def mirror(at_once: int = AT_ONCE) -> int:
    """Copy payouts, and what they carried. Returns of how many. Raises StripeUnavailable or Refused.

    The newest first: they are what somebody looks for on a bank statement.
    """
    account = present.learn()
    first = first_gift(account.keys)
    if first is None:
        return 0
    mine = Payout.objects.filter(stripe_key__in=account.keys)
    newest = mine.aggregate(at=Max("created_at"))["at"]
    for thing in client.listed("payouts", max(first, newest - OVERLAP) if newest else first):
        add(thing)
    done = parts = 0
    waiting = mine.filter(known=True, listed=False, created_at__gte=first)
    for payout in list(waiting.order_by("-created_at")[:at_once]):
        if parts >= PARTS_AT_ONCE:
            break
        parts += add_parts(payout, (part["id"] for part in client.listed("balance_transactions", payout=payout.pk)))
        done += 1
    return done


def add(thing: dict[str, Any]) -> Payout:
    """Copy one payout as it is now."""
    told = dataclasses.asdict(parsing.payout(thing))
    return Payout.objects.update_or_create(pk=told.pop("id"), defaults=told)[0]


def add_parts(payout: Payout, transactions: Iterable[str]) -> int:
    """Note which balance transactions the payout carried, a part at a time. Returns how many."""
    transactions, count = iter(transactions), 0
    while part := list(islice(transactions, PART)):
        rows = [PaidOut(transaction=transaction, payout=payout) for transaction in part]
        PaidOut.objects.bulk_create(rows, ignore_conflicts=True)
        count += len(part)
    Payout.objects.filter(pk=payout.pk).update(listed=True)
    return count


def checked(start: datetime | None, end: datetime | None, limit: int) -> list[Checked]:
    """The latest payouts of a period, each beside what its parts come to."""
    payouts = Payout.objects.order_by("-created_at")
    if start:
        payouts = payouts.filter(created_at__gte=start)
    if end:
        payouts = payouts.filter(created_at__lt=end)
    return [_checked(payout) for payout in payouts[:limit]]


def _checked(payout: Payout) -> Checked:
    if not payout.listed:
        first = first_gift(accounts.holding(payout.stripe_key).keys)
        return Checked(payout, None, older=first is None or payout.created_at < first)
    carried = payout.parts.values("transaction")
    copied = BalanceTransaction.objects.filter(pk__in=carried)
    if copied.count() == payout.parts.count():
        return Checked(payout, _sum(copied, payout))
    # The mirror has no holes: what it lacks is older than it, unless it has not yet come as far as the payout.
    book = BalanceTransaction.objects.filter(stripe_key__in=accounts.holding(payout.stripe_key).keys)
    behind = not book.filter(created_at__gte=payout.created_at).exists()
    return Checked(payout, None, older=not behind)


def _sum(copied: QuerySet[BalanceTransaction], payout: Payout) -> int:
    """What the parts come to, without the payout's own movement, which takes them out of the balance.

    What is held back for a minimum balance, or released from it, may name the payout as well, and is a part of it.
    """
    held = Q(type__startswith="payout_minimum_balance")
    parts = copied.filter(held | ~Q(source=payout.pk))
    return parts.aggregate(sum=Sum("net"))["sum"] or 0
