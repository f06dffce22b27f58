"""What became of a gift's money: what was given, what went back, what is left. One fold, whoever shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from donations.models.donation import Donation
from donations.models.ledger import LedgerEntry


@dataclass(frozen=True, slots=True)
class GiftSums:
    """Sums of one gift in one currency, in its minor units; none is negative when things are as usual."""

    currency: str
    given: int = 0
    refunded: int = 0  # less the refunds that failed
    disputed: int = 0  # withdrawn, less what was reinstated
    failed: int = 0  # a payment that the bank sent back after it had arrived
    struck_out: int = 0  # of a gift outside Stripe whose record was wrong

    @property
    def went_back(self) -> int:
        return self.refunded + self.disputed + self.failed + self.struck_out

    @property
    def left(self) -> int:
        return self.given - self.went_back


def fold(moved: Iterable[tuple[str, str, int]]) -> dict[str, GiftSums]:
    """The sums of a gift by currency, from kind, currency and amount of its rows in the ledger, added up or not.

    Different currencies are never added.
    """
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for kind, currency, amount in moved:
        if kind in LedgerEntry.ARRIVALS:
            sums[currency]["given"] += amount
        elif kind in LedgerEntry.DISPUTES:
            sums[currency]["disputed"] -= amount
        elif kind in LedgerEntry.OUTSIDE_STRIPE:
            sums[currency]["struck_out"] -= amount
        elif kind == LedgerEntry.Kind.PAYMENT_FAILURE:
            sums[currency]["failed"] -= amount
        else:
            sums[currency]["refunded"] -= amount
    return {currency: GiftSums(currency, **found) for currency, found in sums.items()}


def sums_of(donation: Donation, entries: Iterable[LedgerEntry] | None = None) -> GiftSums:
    """The sums of a gift in the currency of its first payment; of nothing, in its own, while none has come.

    Reads `donation.entries`, prefetched or not, unless they are at hand.
    """
    found = donation.entries.all() if entries is None else entries
    rows = sorted(found, key=lambda entry: (entry.happened_at, entry.source))
    arrived = [entry.currency for entry in rows if entry.kind in LedgerEntry.ARRIVALS]
    currency = arrived[0] if arrived else donation.currency
    sums = fold((entry.kind, entry.currency, entry.amount) for entry in rows)
    return sums.get(currency, GiftSums(currency))
