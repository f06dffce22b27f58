"""The reconciliation: our ledger against Stripe's own book, to the cent, both ways.

Stripe's side is the mirror (donations.stripe.balance_transactions): bring it up to date first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from donations.ledger import identity, monthly_totals
from donations.models import BalanceTransaction, LedgerEntry, StripeRef
from donations.reporting.reconciliation_result import Discrepancy, DiscrepancyKind, ReconciliationResult, shown
from lib import money

YOUNG = timedelta(minutes=15)  # not compared yet: one side may not have heard of it
EPOCH = datetime.fromtimestamp(0, tz=timezone.get_fixed_timezone(0))

PAYMENT = LedgerEntry.Kind.PAYMENT
PART = 1000  # rows held at a time
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


def reconcile(since: datetime | None = None) -> ReconciliationResult:
    """Compare the ledger with the mirror (bring it up to date first), and the totals with the ledger."""
    result = _compare_all(since)
    result.discrepancies += _wrong_totals()
    return result


def unposted(since: datetime) -> list[str]:
    """The Stripe objects of ours that moved money at `since` or later, and are not in the ledger."""
    found = _compare_all(since).discrepancies
    missing = [each.reference for each in found if each.kind is DiscrepancyKind.MISSING_HERE]
    return [reference for reference in missing if reference.startswith(FETCHED)]


def _compare_all(since: datetime | None) -> ReconciliationResult:
    """Both ways, in parts: what Stripe's book has and ours lacks or tells otherwise; then what only ours has."""
    result = ReconciliationResult()
    start, until = since or EPOCH, timezone.now() - YOUNG
    for part in _parts(BalanceTransaction.objects.filter(created_at__gte=start)):
        _prove_theirs(part, until, result)
    # Gifts outside Stripe are no part of the reconciliation: there is nothing of theirs at Stripe.
    for entries in _parts(
        LedgerEntry.objects.filter(happened_at__gte=start).exclude(kind__in=LedgerEntry.OUTSIDE_STRIPE)
    ):
        _prove_ours(entries, start, until, result)
    return result


def _prove_theirs(part: list[BalanceTransaction], until: datetime, result: ReconciliationResult) -> None:
    ours, entries = _ours(part), _entries_of(part)
    for transaction in part:
        key = _key(transaction)
        entry = entries.get(key) if key else None
        if entry is not None:
            result.compared += 1
            result.discrepancies += _compare(entry, transaction)
            result.discrepancies += _of_another_gift(entry, entries.get((PAYMENT, transaction.payment)))
        elif transaction.pk not in ours:
            _count_as_others(result, transaction)
        elif transaction.created_at > until:
            result.young += 1
        else:
            result.discrepancies.append(_missing_here(transaction))


def _count_as_others(result: ReconciliationResult, transaction: BalanceTransaction) -> None:
    sums = result.others if _key(transaction) or transaction.payment else result.besides
    sums[transaction.currency] += transaction.amount


def _prove_ours(entries: list[LedgerEntry], start: datetime, until: datetime, result: ReconciliationResult) -> None:
    mirrored = _mirrored(entries)
    for entry in entries:
        theirs = mirrored.get((entry.kind, entry.source), [])
        if not theirs and entry.recorded_at > until:
            result.young += 1
        elif not theirs:
            result.discrepancies.append(_missing_at_stripe(entry))
        for transaction in theirs[:1]:
            # A row just after the start of the period, whose other side stands just before it.
            if transaction.created_at < start:
                result.compared += 1
                result.discrepancies += _compare(entry, transaction)
        result.discrepancies += [_twice(transaction) for transaction in theirs[1:]]


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
    marks = identity.marks()
    marked = BalanceTransaction.objects.filter(payment__in=payments, site__in=marks)
    known |= set(marked.values_list("payment", flat=True))
    return {row.pk for row in part if row.site in marks or {row.payment, row.source} & known}


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
        yield Discrepancy(
            DiscrepancyKind.OTHER_DONATION, entry.source, f"gift {entry.donation_id}", f"gift {payment.donation_id}"
        )


def _twice(transaction: BalanceTransaction) -> Discrepancy:
    theirs = shown(transaction.amount, transaction.currency)
    reference = transaction.source or transaction.pk
    return Discrepancy(DiscrepancyKind.TWICE_AT_STRIPE, reference, "", theirs, transaction.type)


def _compare(entry: LedgerEntry, transaction: BalanceTransaction) -> Iterator[Discrepancy]:
    ours, stripes = (entry.amount, entry.currency), (transaction.gift_amount, transaction.gift_currency)
    dispute = transaction.type == "adjustment"
    # A dispute's source tells what is disputed; what moved is the balance transaction itself.
    if not dispute and ours != stripes:
        yield Discrepancy(DiscrepancyKind.AMOUNT, entry.source, shown(*ours), shown(*stripes))
        return
    if not any(abs(exact - transaction.amount) <= blur for exact, blur in _settled(entry, transaction)):
        yield Discrepancy(
            DiscrepancyKind.SETTLED_AMOUNT,
            entry.source,
            f"{shown(*ours)} at {transaction.exchange_rate or 'no rate'}",
            shown(transaction.amount, transaction.currency),
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
    theirs = shown(transaction.amount, transaction.currency)
    reference = transaction.source or transaction.pk
    return Discrepancy(DiscrepancyKind.MISSING_HERE, reference, "", theirs, transaction.type)


def _missing_at_stripe(entry: LedgerEntry) -> Discrepancy:
    ours = shown(entry.amount, entry.currency)
    return Discrepancy(DiscrepancyKind.MISSING_AT_STRIPE, entry.source, ours, "", entry.kind)


def _wrong_totals() -> Iterator[Discrepancy]:
    for (currency, first), (kept, right) in sorted(monthly_totals.compare().items()):
        yield Discrepancy(DiscrepancyKind.MONTHLY_TOTAL, f"{first:%Y-%m} {currency}", str(kept), str(right))
