"""The mirror of Stripe's own book: what each movement did to our balance, copied by one incremental listing.

Nothing is fetched for a single gift. Fees and net are a join with the mirror, never an edit of the ledger.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils import timezone

from donations.domain.updates import BookedAtStripe
from donations.ledger import identity
from donations.models import BalanceTransaction, Donation, StripeRef, payments_of
from donations.stripe import client, parsing
from donations.stripe.account import present
from donations.stripe.errors import Refused, StripeUnavailable

log = logging.getLogger(__name__)

OVERLAP = timedelta(days=2)  # listed again each time: a balance transaction can appear after its charge
LATE = timedelta(hours=1)  # as much as every round lists again: on a busy account two days are very much
AT_ONCE = 5000  # new rows in one round: the next one goes on
NEWEST = timedelta(minutes=1)  # enough to learn the fee of a payment that has just come
PART = 1000  # rows added at a time
SLICE = 3000  # rows held at a time
SHORTEST = timedelta(seconds=30)  # no slice of time is shorter: Stripe cannot book that much in it
Row = TypeVar("Row")


def mirror(
    since: datetime | None = None,
    *,
    overlap: timedelta = OVERLAP,
    at_most: int | None = None,
    patient: bool = False,
) -> int:
    """Add the balance transactions that we do not have yet. Returns how many. Raises StripeUnavailable or Refused.

    The oldest are added first, slice of time by slice of time, and none of a slice before all of it is listed: the
    mirror has no holes before its newest row, wherever this is interrupted. After `at_most` new rows it stops at the
    end of a slice, and the next call goes on. A `since` only makes it reach further back.
    """
    account = present.learn()
    newest = BalanceTransaction.objects.filter(stripe_key__in=account.keys).aggregate(at=Max("created_at"))["at"]
    first = first_gift(account.keys)
    starts = [newest - overlap if newest else (first - OVERLAP if first else None), since]
    start = min((at for at in starts if at), default=None)
    if start is None:
        return 0
    added = 0
    for rows in _slices(start, patient):
        added += sum(_add(part) for part in _in_parts(rows))
        if at_most is not None and added >= at_most:
            break
    return added


def first_gift(keys: Collection[str]) -> datetime | None:
    """When the first gift was begun that these keys took to Stripe: nothing on the account before it can be ours."""
    gifts = Donation.objects.filter(offline__isnull=True, stripe_key__in=keys)
    first: datetime | None = gifts.aggregate(at=Min("created_at"))["at"]
    # Stripe's times are whole seconds.
    return first.replace(microsecond=0) if first else None


def _slices(start: datetime, patient: bool) -> Iterator[list[BookedAtStripe]]:
    """Stripe's book since `start`, oldest first, never much more than SLICE rows at a time.

    Stripe lists the newest first, and a shop on the same account may have very many: a time in which there are more
    is halved until it is short enough.
    """
    ahead: list[tuple[datetime, datetime | None]] = [(start, None)]
    while ahead:
        first, end = ahead.pop()
        things = client.listed("balance_transactions", first, end, patient=patient)
        rows = [parsing.balance_transaction(thing) for thing in islice(things, SLICE + 1)]
        middle = first + ((end or timezone.now()) - first) / 2
        if len(rows) > SLICE and middle - first >= SHORTEST:
            ahead += [(middle, end), (first, middle)]
            continue
        rows += [parsing.balance_transaction(thing) for thing in things]
        yield rows[::-1]


def _add(rows: list[BookedAtStripe]) -> int:
    known = set(BalanceTransaction.objects.filter(pk__in=[row.id for row in rows]).values_list("pk", flat=True))
    fresh = [BalanceTransaction(**dataclasses.asdict(row)) for row in rows if row.id not in known]
    # Another process may add the same ones: they are the same.
    BalanceTransaction.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _in_parts(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]


def learn_fees(payments: list[str]) -> None:
    """Mirror what is newest now if Stripe's book on one of these payments is not known here yet.

    When Stripe does not answer, the fees stay unknown for the moment: nothing has to wait for them.
    """
    intents = payments_of(payments)
    known = set(BalanceTransaction.objects.filter(payment__in=intents.values()).values_list("payment", flat=True))
    if known.issuperset(intents.get(payment, payment) for payment in payments):
        return
    try:
        mirror(overlap=NEWEST, at_most=AT_ONCE)
    except (StripeUnavailable, Refused) as error:
        log.warning("Stripe did not tell its newest fees (%s)", error)


def add(thing: dict[str, Any]) -> bool:
    """Copy one balance transaction, its source expanded. False when it stands already."""
    return bool(_add([parsing.balance_transaction(thing)]))


def failed_charges(since: datetime) -> list[str]:
    """The charges of ours whose money Stripe's book took out of the balance again at `since` or later.

    Bank debits that failed. Nothing else lists them: their sessions do not show it once they had succeeded.
    """
    charge = Q(source__startswith="py_") | Q(source__startswith="ch_")
    failed = BalanceTransaction.objects.filter(charge, created_at__gte=since, amount__lt=0)
    known = StripeRef.objects.filter(pk=OuterRef("payment"), donation__isnull=False)
    mine = failed.filter(Q(site__in=identity.marks()) | Exists(known))
    return list(mine.order_by("created_at").values_list("source", flat=True))


def is_other_sellers(payment: str) -> bool:
    """Whether Stripe's book, as far as we have it, says that this payment intent was made for another seller."""
    payments = BalanceTransaction.objects.filter(payment=payment, type__in=["charge", "payment"])
    return payments.exists() and not payments.filter(site__in=identity.marks()).exists()
