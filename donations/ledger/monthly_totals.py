"""Running totals by currency and month: written last in the ledger's transaction, from rows that were really inserted.

They are a cache: `rebuilt` gives what they must be, from the ledger alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Sum
from django.utils import timezone

from donations.models import Donation, LedgerEntry, Total, insert_once

Key = tuple[str, date]
Sums = tuple[int, ...]  # in the order of COLUMNS
PAYMENT = LedgerEntry.Kind.PAYMENT
# Places in a month's sums.
RAISED, REFUNDED, GIFTS, OFFLINE_SUM, OFFLINE_GIFTS, DISPUTED = range(6)
COLUMNS = ("raised", "refunded", "gifts", "offline", "offline_gifts", "disputed")
NONE: Sums = (0,) * len(COLUMNS)
LOOKS = 5


def month(at: datetime) -> date:
    """The first day of the month, in the site's time zone."""
    return timezone.localtime(at).date().replace(day=1)


def add(donation: Donation, written: list[LedgerEntry]) -> None:
    """Add the rows that were just inserted for this donation. The hot rows are locked last, and in one order."""
    if not written:
        return
    changes: dict[Key, list[int]] = defaultdict(_nothing)
    for entry in written:
        _count_in(changes[entry.currency, month(entry.happened_at)], entry.kind, entry.amount)
    for currency in {entry.currency for entry in written}:
        step = _gift_step(donation, currency, written)
        if step:
            changes[currency, month(donation.created_at)][_gifts_place(written[0].kind)] += step
    for (currency, first), steps in sorted(changes.items()):
        insert_once(Total(currency=currency, month=first))
        Total.objects.filter(currency=currency, month=first).update(
            **{column: F(column) + step for column, step in zip(COLUMNS, steps, strict=True)}
        )


def compare() -> dict[Key, tuple[Sums, Sums]]:
    """Where the cache differs from the ledger: what it says, and what it should say.

    Gifts may be booked meanwhile. A month whose cache changed while the ledger was added up is looked at again, and
    left for the next time when that goes on.
    """
    found: dict[Key, tuple[Sums, Sums]] = {}
    for _ in range(LOOKS):
        before, right, after = _kept(), rebuilt(), _kept()
        differ = {key for key in before.keys() | right.keys() if before.get(key, NONE) != right.get(key, NONE)}
        moved = {key for key in differ if before.get(key) != after.get(key)}
        found = {key: (before.get(key, NONE), right.get(key, NONE)) for key in differ - moved}
        if not moved:
            break
    return found


def repair() -> int:
    """Put the cache right where it differs from the ledger: the site's time zone was changed. Returns the months."""
    mended = 0
    for (currency, first), (wrong, right) in compare().items():
        insert_once(Total(currency=currency, month=first))
        same, sums = (dict(zip(COLUMNS, values, strict=True)) for values in (wrong, right))
        # What a gift has changed in the meantime stays, and is compared another time.
        mended += Total.objects.filter(currency=currency, month=first, **same).update(**sums)
    return mended


def _kept() -> dict[Key, Sums]:
    rows = Total.objects.values_list("currency", "month", *COLUMNS)
    return {(currency, first): tuple(sums) for currency, first, *sums in rows}


def rebuilt() -> dict[Key, Sums]:
    """What COLUMNS must be for each currency and month, added up from the ledger."""
    sums: dict[Key, list[int]] = defaultdict(_nothing)
    gifts: dict[tuple[int, str, date, int], int] = defaultdict(int)
    rows = LedgerEntry.objects.order_by().values_list(
        "donation__created_at", "kind", "amount", "currency", "happened_at", "donation_id"
    )
    for created_at, kind, amount, currency, at, donation_id in rows.iterator(chunk_size=5000):
        _count_in(sums[currency, month(at)], kind, amount)
        gifts[donation_id, currency, month(created_at), _gifts_place(kind)] += amount
    for (_, currency, first, place), amount in gifts.items():
        sums[currency, first][place] += int(amount > 0)
    return {key: tuple(counted) for key, counted in sums.items()}


def _nothing() -> list[int]:
    return [0] * len(COLUMNS)


def _count_in(sums: list[int], kind: str, amount: int) -> None:
    if kind in LedgerEntry.OUTSIDE_STRIPE:
        sums[OFFLINE_SUM] += amount
    elif kind == PAYMENT:
        sums[RAISED] += amount
    elif kind in LedgerEntry.DISPUTES:
        sums[DISPUTED] -= amount
    else:
        sums[REFUNDED] -= amount


def _gifts_place(kind: str) -> int:
    """A gift came through Stripe or it did not: its rows are all of the one sort."""
    return OFFLINE_GIFTS if kind in LedgerEntry.OUTSIDE_STRIPE else GIFTS


def _gift_step(donation: Donation, currency: str, written: Iterable[LedgerEntry]) -> int:
    """+1 when these rows lifted the gift's sum above 0, -1 when they took it down to 0 or below."""
    after = LedgerEntry.objects.filter(donation=donation, currency=currency).aggregate(sum=Sum("amount"))["sum"] or 0
    before = after - sum(entry.amount for entry in written if entry.currency == currency)
    return int(after > 0) - int(before > 0)
