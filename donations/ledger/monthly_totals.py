"""Running totals by currency and month: written last in the ledger's transaction, from rows that were really inserted.

They are a cache: `rebuilt` gives what they must be, from the ledger alone.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.utils import timezone

from donations.ledger import statements
from donations.models import LedgerEntry, Total, insert_once

Key = tuple[str, date]
Sums = tuple[int, ...]  # in the order of COLUMNS
PAYMENT = LedgerEntry.Kind.PAYMENT
# Places in a month's sums.
RAISED, REFUNDED, GIFTS, OFFLINE_SUM, OFFLINE_GIFTS, DISPUTED = range(6)
COLUMNS = ("raised", "refunded", "gifts", "offline", "offline_gifts", "disputed")
NONE: Sums = (0,) * len(COLUMNS)
LOOKS = 5


class Row(NamedTuple):
    """What is read of a row of the ledger."""

    donation: int
    kind: str
    amount: int
    currency: str
    at: datetime


class Where(NamedTuple):
    """A month of a currency, and a place in its sums."""

    key: Key
    place: int


def month(at: datetime) -> date:
    """The first day of the month, in the site's time zone."""
    return timezone.localtime(at).date().replace(day=1)


def add(written: list[LedgerEntry], before: list[LedgerEntry]) -> None:
    """Add the rows that were just inserted for a donation, which had those of before.

    The hot rows are locked last, and in one order.
    """
    if not written:
        return
    changes: dict[Key, list[int]] = defaultdict(_nothing)
    for entry in written:
        _count_in(changes[entry.currency, month(entry.happened_at)], entry.kind, entry.amount)
    for sign, standing in ((1, [*before, *written]), (-1, before)):
        for where, gifts in _gifts(map(_row, standing)).items():
            changes[where.key][where.place] += sign * gifts
    for (currency, first), steps in sorted(changes.items()):
        statements.add_to_total(currency, first, COLUMNS, steps)


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

    def counted() -> Iterator[Row]:
        rows = LedgerEntry.objects.order_by().values_list("donation_id", "kind", "amount", "currency", "happened_at")
        for row in itertools.starmap(Row, rows.iterator(chunk_size=5000)):
            _count_in(sums[row.currency, month(row.at)], row.kind, row.amount)
            yield row

    for where, gifts in _gifts(counted()).items():
        sums[where.key][where.place] += gifts
    return {key: tuple(counted) for key, counted in sums.items()}


def _row(entry: LedgerEntry) -> Row:
    return Row(entry.donation_id, entry.kind, entry.amount, entry.currency, entry.happened_at)


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


def _gifts(rows: Iterable[Row]) -> dict[Where, int]:
    """How many gifts of which something is left are counted where: in the month in which each first arrived.

    Its money is counted there as well. A gift came through Stripe or it did not: its rows are all of the one sort.
    """
    left: dict[tuple[int, str, int], int] = defaultdict(int)
    arrived: dict[tuple[int, str, int], datetime] = {}
    for row in rows:
        gift = row.donation, row.currency, OFFLINE_GIFTS if row.kind in LedgerEntry.OUTSIDE_STRIPE else GIFTS
        left[gift] += row.amount
        if row.kind in LedgerEntry.ARRIVALS:
            arrived[gift] = min(arrived.get(gift, row.at), row.at)
    found: dict[Where, int] = defaultdict(int)
    for gift, at in arrived.items():
        _, currency, place = gift
        found[Where((currency, month(at)), place)] += int(left[gift] > 0)
    return found
