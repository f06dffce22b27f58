"""The proof: our ledger against Stripe's own book, to the cent, both ways.

Stripe's side is the mirror (donations.stripe.balance_transactions): bring it up to date first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from donations.ledger import monthly_totals
from donations.models import BalanceTransaction, LedgerEntry, StripeRef
from lib import money

YOUNG = timedelta(minutes=15)  # not compared yet: one side may not have heard of it
EPOCH = datetime.fromtimestamp(0, tz=timezone.get_fixed_timezone(0))

PAYMENT = LedgerEntry.Kind.PAYMENT
PART = 1000  # rows held at a time
MISSING = "missing here"
FETCHED = ("ch_", "py_", "re_", "pyr_", "dp_", "du_")  # what gateway.retrieve knows
Key = tuple[str, str]  # kind and source of a ledger row

# Stripe's type -> the kind of our row. A dispute's movements are "adjustment" and keyed by their own id.
KINDS = {
    "charge": LedgerEntry.Kind.PAYMENT,
    "payment": LedgerEntry.Kind.PAYMENT,
    "refund": LedgerEntry.Kind.REFUND,
    "payment_refund": LedgerEntry.Kind.REFUND,
    "refund_failure": LedgerEntry.Kind.REFUND_FAILURE,
}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One place where the books do not agree, in words for the treasurer."""

    what: str
    reference: str
    ours: str
    stripes: str


@dataclass(slots=True)
class ReconciliationResult:
    """`compared` rows agree but for the differences.

    By settlement currency, `others` is other sellers' money, and `besides` what is nobody's gift: payouts, Stripe's
    own bills.
    """

    compared: int = 0
    young: int = 0
    differences: list[Discrepancy] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    besides: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def agree(self) -> bool:
        return not self.differences

    def count_as_anothers(self, transaction: BalanceTransaction) -> None:
        sums = self.others if _key(transaction) or transaction.payment else self.besides
        sums[transaction.currency] += transaction.amount

    def __str__(self) -> str:
        lines = [f"{self.compared} rows compared, {self.young} too young, {len(self.differences)} differences."]
        lines += [
            f"  {difference.what}: {difference.reference}: ours {difference.ours or '-'}, "
            f"Stripe's {difference.stripes or '-'}"
            for difference in self.differences
        ]
        for currency, amount in sorted(self.others.items()):
            lines.append(f"  Not ours, on the same account: {_money(amount, currency)}")
        for currency, amount in sorted(self.besides.items()):
            lines.append(f"  Payouts and Stripe's own bills: {_money(amount, currency)}")
        return "\n".join(lines)


def reconcile(since: datetime | None = None) -> ReconciliationResult:
    """Compare the ledger with the mirror (bring it up to date first), and the totals with the ledger."""
    result = _compare_all(since)
    result.differences += _wrong_totals()
    return result


def unposted(since: datetime) -> list[str]:
    """The Stripe objects of ours that moved money at `since` or later, and are not in the ledger."""
    missing = [each.reference for each in _compare_all(since).differences if each.what.startswith(MISSING)]
    return [reference for reference in missing if reference.startswith(FETCHED)]


def _compare_all(since: datetime | None) -> ReconciliationResult:
    """Both ways, in parts: what Stripe's book has and ours lacks or tells otherwise; then what only ours has."""
    result = ReconciliationResult()
    start, until = since or EPOCH, timezone.now() - YOUNG
    for part in _parts(BalanceTransaction.objects.filter(created_at__gte=start)):
        _prove_theirs(part, until, result)
    # Gifts outside Stripe are no part of the proof: there is nothing of theirs at Stripe.
    for entries in _parts(LedgerEntry.objects.filter(happened_at__gte=start).exclude(kind__in=monthly_totals.OFFLINE)):
        _prove_ours(entries, start, until, result)
    return result


def _prove_theirs(part: list[BalanceTransaction], until: datetime, result: ReconciliationResult) -> None:
    ours, entries = _ours(part), _entries_of(part)
    for transaction in part:
        key = _key(transaction)
        entry = entries.get(key) if key else None
        if entry is not None:
            result.compared += 1
            result.differences += _compare(entry, transaction)
            result.differences += _of_another_gift(entry, entries.get((PAYMENT, transaction.payment)))
        elif transaction.pk not in ours:
            result.count_as_anothers(transaction)
        elif transaction.created_at > until:
            result.young += 1
        else:
            result.differences.append(_missing_here(transaction))


def _prove_ours(entries: list[LedgerEntry], start: datetime, until: datetime, result: ReconciliationResult) -> None:
    mirrored = _mirrored(entries)
    for entry in entries:
        theirs = mirrored.get((entry.kind, entry.source), [])
        if not theirs and entry.recorded_at > until:
            result.young += 1
        elif not theirs:
            result.differences.append(_missing_at_stripe(entry))
        for transaction in theirs[:1]:
            # A row just after the start of the period, whose other side stands just before it.
            if transaction.created_at < start:
                result.compared += 1
                result.differences += _compare(entry, transaction)
        result.differences += [_twice(transaction) for transaction in theirs[1:]]


def _parts(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """The rows in parts, each a query of its own: an open cursor would keep SQLite at the time of its first row."""
    rows = rows.order_by("pk")
    part = list(rows[:PART])
    while part:
        yield part
        part = list(rows.filter(pk__gt=part[-1].pk)[:PART])


def _key(transaction: BalanceTransaction) -> Key | None:
    """The key of the ledger row that this balance transaction should have; None when it is no gift's money."""
    if kind := KINDS.get(transaction.type):
        return kind, transaction.payment if kind == LedgerEntry.Kind.PAYMENT else transaction.source
    if transaction.type == "adjustment" and transaction.source.startswith(("dp_", "du_")):
        withdrawn = transaction.amount < 0 or (not transaction.amount and transaction.category == "dispute")
        kind = LedgerEntry.Kind.DISPUTE_WITHDRAWAL if withdrawn else LedgerEntry.Kind.DISPUTE_REINSTATEMENT
        return kind, transaction.id
    return None


def _ours(part: list[BalanceTransaction]) -> set[str]:
    """Which of these are ours: by an id that we know, or by our own mark on the payment, also when our database has
    forgotten the gift."""
    payments = {row.payment for row in part if row.payment}
    named = payments | {row.source for row in part if row.source}
    known = set(StripeRef.objects.filter(id__in=named, donation__isnull=False).values_list("id", flat=True))
    marked = BalanceTransaction.objects.filter(payment__in=payments, site=settings.SITE_HOST)
    known |= set(marked.values_list("payment", flat=True))
    return {row.pk for row in part if row.site == settings.SITE_HOST or {row.payment, row.source} & known}


def _entries_of(part: list[BalanceTransaction]) -> dict[Key, LedgerEntry]:
    """The ledger's rows for these, and for the payments that they belong to."""
    wanted = {key for row in part if (key := _key(row))} | {(PAYMENT, row.payment) for row in part if row.payment}
    found = LedgerEntry.objects.filter(source__in={source for _, source in wanted})
    return {(entry.kind, entry.source): entry for entry in found}


def _mirrored(entries: list[LedgerEntry]) -> dict[Key, list[BalanceTransaction]]:
    """Stripe's side of these rows: one each, if all is well."""
    sources = {entry.source for entry in entries}
    found = defaultdict(list)
    named = Q(payment__in=sources) | Q(source__in=sources) | Q(pk__in=sources)
    for row in BalanceTransaction.objects.filter(named).order_by("pk"):
        if key := _key(row):
            found[key].append(row)
    return found


def _of_another_gift(entry: LedgerEntry, payment: LedgerEntry | None) -> Iterator[Discrepancy]:
    if payment and payment.donation_id != entry.donation_id:
        yield Discrepancy("another gift", entry.source, f"gift {entry.donation_id}", f"gift {payment.donation_id}")


def _twice(transaction: BalanceTransaction) -> Discrepancy:
    theirs = _money(transaction.amount, transaction.currency)
    return Discrepancy(f"twice at Stripe ({transaction.type})", transaction.source or transaction.pk, "", theirs)


def _compare(entry: LedgerEntry, transaction: BalanceTransaction) -> Iterator[Discrepancy]:
    ours, stripes = (entry.amount, entry.currency), (transaction.gift_amount, transaction.gift_currency)
    dispute = transaction.type == "adjustment"
    # A dispute's source tells what is disputed; what moved is the balance transaction itself.
    if not dispute and ours != stripes:
        yield Discrepancy("amount", entry.source, _money(*ours), _money(*stripes))
        return
    if not any(abs(exact - transaction.amount) <= blur for exact, blur in _settled(entry, transaction)):
        yield Discrepancy(
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


def _missing_here(transaction: BalanceTransaction) -> Discrepancy:
    theirs = _money(transaction.amount, transaction.currency)
    return Discrepancy(f"{MISSING} ({transaction.type})", transaction.source or transaction.id, "", theirs)


def _missing_at_stripe(entry: LedgerEntry) -> Discrepancy:
    return Discrepancy(f"missing at Stripe ({entry.kind})", entry.source, _money(entry.amount, entry.currency), "")


def _wrong_totals() -> Iterator[Discrepancy]:
    for (currency, first), (kept, right) in sorted(monthly_totals.compare().items()):
        yield Discrepancy("running total", f"{first:%Y-%m} {currency}", str(kept), str(right))


def _money(amount: int, currency: str) -> str:
    return money.display(amount, currency) if money.known(currency) else f"{amount} {currency}"
