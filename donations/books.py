"""The proof: our ledger against Stripe's own book, to the cent, both ways.

Stripe's balance transactions are mirrored by one incremental listing; nothing is fetched for a single gift. Fees and
net are a join with the mirror, never an edit of the ledger.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from donations import facts, gateway, money, totals
from donations.models import BalanceTransaction, LedgerEntry, StripeRef, Total, insert_once

OVERLAP = timedelta(days=2)  # listed again each time: a balance transaction can appear after its charge
YOUNG = timedelta(minutes=15)  # not compared yet: one side may not have heard of it
EPOCH = datetime.fromtimestamp(0, tz=timezone.get_fixed_timezone(0))

NOTHING = (0, 0, 0, 0, 0)  # totals of a month without any
# Stripe's type -> the kind of our row. A dispute's movements are "adjustment" and keyed by their own id.
KINDS = {
    "charge": LedgerEntry.Kind.PAYMENT,
    "payment": LedgerEntry.Kind.PAYMENT,
    "refund": LedgerEntry.Kind.REFUND,
    "payment_refund": LedgerEntry.Kind.REFUND,
    "refund_failure": LedgerEntry.Kind.REFUND_FAILURE,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the books do not agree, in words for the treasurer."""

    what: str
    reference: str
    ours: str
    stripes: str


@dataclass(slots=True)
class Verdict:
    """`compared` rows agree but for the differences; `others` is other sellers' money, by settlement currency."""

    compared: int = 0
    young: int = 0
    differences: list[Difference] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def agree(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        lines = [f"{self.compared} rows compared, {self.young} too young, {len(self.differences)} differences."]
        lines += [
            f"  {difference.what}: {difference.reference}: ours {difference.ours or '-'}, "
            f"Stripe's {difference.stripes or '-'}"
            for difference in self.differences
        ]
        for currency, amount in sorted(self.others.items()):
            lines.append(f"  Not ours, on the same account: {_money(amount, currency)}")
        return "\n".join(lines)


def mirror(since: datetime | None = None) -> int:
    """Add the balance transactions that we do not have yet. Returns how many. Raises gateway.NoAnswer or Refused."""
    newest = BalanceTransaction.objects.aggregate(at=Max("created_at"))["at"]
    start = since or (newest - OVERLAP if newest else EPOCH)
    added = 0
    for thing in gateway.listed("balance_transactions", start):
        added += keep(thing)
    return added


def keep(thing: dict[str, Any]) -> bool:
    """Copy one balance transaction, its source expanded. False when it stands already."""
    return insert_once(BalanceTransaction(**dataclasses.asdict(facts.balance_transaction(thing))))


def verify(since: datetime | None = None) -> Verdict:
    """Compare the ledger with the mirror (bring it up to date first), and the totals with the ledger."""
    verdict = Verdict()
    start, until = since or EPOCH, timezone.now() - YOUNG
    # Gifts outside Stripe are no part of the proof: there is nothing of theirs at Stripe.
    ours = LedgerEntry.objects.filter(happened_at__gte=start).exclude(kind__in=totals.OFFLINE)
    rows = {(entry.kind, entry.source): entry for entry in ours}
    seen = set()
    for transaction in BalanceTransaction.objects.filter(created_at__gte=start).iterator(chunk_size=5000):
        key = _key(transaction)
        entry = rows.get(key) if key else None
        if entry is not None:
            seen.add(key)
            verdict.compared += 1
            verdict.differences += _compare(entry, transaction)
        elif not key or not _is_ours(transaction):
            verdict.others[transaction.currency] += transaction.amount
        elif _stands_elsewhere(key):
            continue
        elif transaction.created_at > until:
            verdict.young += 1
        else:
            verdict.differences.append(_missing_here(transaction))
    for key, entry in rows.items():
        if key in seen:
            continue
        if max(entry.happened_at, entry.recorded_at) > until:
            verdict.young += 1
        elif not _mirrored(entry):
            verdict.differences.append(_missing_at_stripe(entry))
    verdict.differences += _wrong_totals()
    return verdict


def _key(transaction: BalanceTransaction) -> tuple[str, str] | None:
    """The key of the ledger row that this balance transaction should have; None when it is no gift's money."""
    if kind := KINDS.get(transaction.type):
        return kind, transaction.payment if kind == LedgerEntry.Kind.PAYMENT else transaction.source
    if transaction.type == "adjustment" and transaction.source.startswith(("dp_", "du_")):
        withdrawn = transaction.amount < 0
        kind = LedgerEntry.Kind.DISPUTE_WITHDRAWAL if withdrawn else LedgerEntry.Kind.DISPUTE_REINSTATEMENT
        return kind, transaction.id
    return None


def _is_ours(transaction: BalanceTransaction) -> bool:
    """By an id that we know, or by our own mark on the payment: also when our database has forgotten the gift."""
    if transaction.site == settings.SITE_HOST:
        return True
    named = [reference for reference in (transaction.payment, transaction.source) if reference]
    return (
        StripeRef.objects.filter(id__in=named, donation__isnull=False).exists()
        or BalanceTransaction.objects.filter(payment__in=named[:1], site=settings.SITE_HOST).exists()
    )


def _stands_elsewhere(key: tuple[str, str]) -> bool:
    """A row just before the start of the period, whose balance transaction came just after it."""
    return LedgerEntry.objects.filter(kind=key[0], source=key[1]).exists()


def _mirrored(entry: LedgerEntry) -> bool:
    """The other side of a row just after the start of the period stands just before it."""
    candidates: Iterator[BalanceTransaction]
    if entry.kind == LedgerEntry.Kind.PAYMENT:
        candidates = BalanceTransaction.objects.filter(payment=entry.source).iterator()
    elif entry.source.startswith("txn_"):
        candidates = BalanceTransaction.objects.filter(pk=entry.source).iterator()
    else:
        candidates = BalanceTransaction.objects.filter(source=entry.source).iterator()
    return any(_key(transaction) == (entry.kind, entry.source) for transaction in candidates)


def _compare(entry: LedgerEntry, transaction: BalanceTransaction) -> Iterator[Difference]:
    ours, stripes = (entry.amount, entry.currency), (transaction.gift_amount, transaction.gift_currency)
    dispute = transaction.type == "adjustment"
    # A dispute's source tells what is disputed; what moved is the balance transaction itself.
    if not dispute and ours != stripes:
        yield Difference("amount", entry.source, _money(*ours), _money(*stripes))
        return
    if not any(abs(exact - transaction.amount) <= blur for exact, blur in _settled(entry, transaction)):
        yield Difference(
            "settled amount",
            entry.source,
            f"{_money(*ours)} at {transaction.exchange_rate or 'no rate'}",
            _money(transaction.amount, transaction.currency),
        )


def _settled(entry: LedgerEntry, transaction: BalanceTransaction) -> Iterator[tuple[Decimal, Decimal]]:
    """What the row comes to in the settlement currency, and how far the rounding may be from it.

    Rates have six decimals, so a large amount may be off by more than half a cent. Stripe does not say whether they are
    between major or smallest units, which is one only for currencies with the same number of decimals.
    """
    half, amount = Decimal("0.5"), Decimal(entry.amount)
    if transaction.currency == entry.currency or not transaction.exchange_rate:
        yield amount, Decimal(0)
        return
    rate = Decimal(transaction.exchange_rate)
    steps = money.exponent(transaction.currency) - money.exponent(entry.currency)
    for scale in {Decimal(1), Decimal(10) ** steps}:
        yield amount * rate * scale, half + abs(amount) * scale * half * Decimal("0.000001")


def _missing_here(transaction: BalanceTransaction) -> Difference:
    theirs = _money(transaction.amount, transaction.currency)
    return Difference(f"missing here ({transaction.type})", transaction.source or transaction.id, "", theirs)


def _missing_at_stripe(entry: LedgerEntry) -> Difference:
    return Difference(f"missing at Stripe ({entry.kind})", entry.source, _money(entry.amount, entry.currency), "")


def _wrong_totals() -> Iterator[Difference]:
    kept = {(total.currency, total.month): totals.kept(total) for total in Total.objects.all()}
    right = totals.rebuilt()
    for key in sorted(kept.keys() | right.keys()):
        one, other = kept.get(key, NOTHING), right.get(key, NOTHING)
        if one != other:
            yield Difference("running total", f"{key[1]:%Y-%m} {key[0]}", str(one), str(other))


def _money(amount: int, currency: str) -> str:
    return money.display(amount, currency) if money.known(currency) else f"{amount} {currency}"
