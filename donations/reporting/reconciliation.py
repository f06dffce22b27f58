"""The reconciliation: our ledger against Stripe's own book, to the cent, both ways.

Stripe's side is the mirror (donations.stripe.balance_transactions): bring it up to date first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from donations.domain.subscription import InvoiceTold
from donations.ledger import accounts, monthly_totals
from donations.ledger.accounts import Account
from donations.models import BalanceTransaction, LedgerEntry, StripeRef, payments_of, sources_of
from donations.reporting import stripe_book
from donations.reporting.reconciliation_result import (
    Discrepancy,
    DiscrepancyKind,
    FormerAccount,
    ReconciliationResult,
    shown,
)
from donations.reporting.stripe_book import Key, key_of
from lib import money

YOUNG = timedelta(minutes=15)  # not compared yet: one side may not have heard of it
EPOCH = datetime.fromtimestamp(0, tz=timezone.get_fixed_timezone(0))

PART = 1000  # rows held at a time
FETCHED = (*stripe_book.CHARGES, *stripe_book.REFUNDS, *stripe_book.DISPUTES)  # what client.retrieve knows
# Between two looks at a bank debit that is on its way: its own event tells when it has come.
LOOK_AGAIN = timedelta(hours=6)


def reconcile(
    since: datetime | None = None, with_bank: Collection[str] = (), unbooked: Iterable[InvoiceTold] = ()
) -> ReconciliationResult:
    """Compare the ledger with the mirror (bring it up to date first), and the totals with the ledger.

    Each account's rows are held against that account's book alone. A former one's cannot be brought up to date any
    more: what came after it was last copied stays without a proof. `with_bank` are the charges of `open_debits` of
    which Stripe has just said that they have not succeeded; `unbooked` the charges of subscriptions of which it has
    just said that they were paid, and which are not in the ledger.
    """
    result = _compare_all(accounts.present(), since, with_bank)
    result.add_unbooked(unbooked, timezone.now() - YOUNG)
    for account in accounts.former():
        _add_former(result, account, since)
    result.discrepancies += _wrong_totals()
    return result


def missing_here(since: datetime | None = None) -> list[Discrepancy]:
    """What of ours Stripe booked at `since` or later, and our ledger lacks; bank debits on their way among it."""
    found = _compare_all(accounts.present(), since).discrepancies
    return [each for each in found if each.kind is DiscrepancyKind.MISSING_HERE and each.reference.startswith(FETCHED)]


def open_debits(since: datetime | None = None) -> list[str]:
    """The charges of bank debits that stand in Stripe's book and not in ours: on their way, or come unheard.

    Which of the two, only Stripe can say: its book has a debit from the day on which it was submitted.
    """
    return [each.reference for each in missing_here(since) if _is_debit(each)]


def unposted(since: datetime) -> list[str]:
    """The Stripe objects of ours that moved money at `since` or later, and are not in the ledger.

    Without the bank debits that Stripe was asked about a short while ago.
    """
    missing = missing_here(since)
    debits = [each.reference for each in missing if each.of == "payment"]
    asked = StripeRef.objects.filter(id__in=debits, seen_at__gt=timezone.now() - LOOK_AGAIN)
    seen = set(asked.values_list("pk", flat=True))
    return [each.reference for each in missing if each.reference not in seen]


def _compare_all(
    account: Account, since: datetime | None, with_bank: Collection[str] = (), until: datetime | None = None
) -> ReconciliationResult:
    """Both ways, in parts: what Stripe's book has and ours lacks or tells otherwise; then what only ours has."""
    result = ReconciliationResult(account.name)
    start, until = since or EPOCH, until or timezone.now() - YOUNG
    for part in _parts(BalanceTransaction.objects.filter(created_at__gte=start, stripe_key__in=account.keys)):
        _prove_theirs(part, until, with_bank, result)
    # Gifts outside Stripe are no part of the reconciliation: there is nothing of theirs at Stripe.
    ours = LedgerEntry.objects.filter(happened_at__gte=start, donation__stripe_key__in=account.keys)
    for entries in _parts(ours.exclude(kind__in=LedgerEntry.OUTSIDE_STRIPE)):
        _prove_ours(entries, start, until, result)
    return result


def _add_former(result: ReconciliationResult, account: Account, since: datetime | None) -> None:
    """What can still be proved of a former account: all that was recorded before its book was last copied."""
    copied = BalanceTransaction.objects.filter(stripe_key__in=account.keys).aggregate(at=Max("created_at"))["at"]
    until = (copied or EPOCH) - YOUNG
    proof = _compare_all(account, since, until=until)
    # Whether a bank debit has arrived, only the key of that account could tell.
    debits = [each for each in proof.discrepancies if _is_debit(each)]
    result.discrepancies += [each for each in proof.discrepancies if each not in debits]
    unproved = proof.young + len(debits)
    if proof.compared or unproved:
        result.former.append(FormerAccount(account.name, proof.compared, unproved, copied))


def _is_debit(discrepancy: Discrepancy) -> bool:
    return discrepancy.kind is DiscrepancyKind.MISSING_HERE and discrepancy.of == "payment"


def _prove_theirs(
    part: list[BalanceTransaction], until: datetime, with_bank: Collection[str], result: ReconciliationResult
) -> None:
    ours, entries = stripe_book.ours(part), _entries_of(part)
    void = stripe_book.failed_before_arrival(part, entries)
    for transaction in part:
        key = key_of(transaction)
        entry = entries.get(key) if key else None
        if entry is not None:
            payment = entries.get((stripe_book.Kind.PAYMENT, transaction.payment))
            result.compared += 1
            result.discrepancies += _compare(entry, transaction)
            result.discrepancies += _of_another_gift(entry, payment)
        elif transaction.pk not in ours:
            _count_as_others(result, transaction)
        elif transaction.pk in void or (stripe_book.is_payment(transaction) and transaction.source in with_bank):
            continue  # nobody's row: it came to nothing, or has not arrived yet
        elif transaction.created_at > until:
            result.young += 1
        else:
            result.discrepancies.append(_missing_here(transaction))


def _count_as_others(result: ReconciliationResult, transaction: BalanceTransaction) -> None:
    sums = result.others if key_of(transaction) or transaction.payment else result.besides
    sums[transaction.currency] += transaction.amount


def _prove_ours(entries: list[LedgerEntry], start: datetime, until: datetime, result: ReconciliationResult) -> None:
    intents = payments_of(entry.source for entry in entries)
    mirrored = _mirrored({*intents.values(), *(entry.source for entry in entries)})
    for entry in entries:
        theirs = mirrored.get((entry.kind, intents.get(entry.source, entry.source)), [])
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


def _entries_of(part: list[BalanceTransaction]) -> dict[Key, LedgerEntry]:
    """The ledger's rows for these, and for the payments that they belong to, by the key that Stripe's book tells."""
    sources = sources_of(row.payment for row in part)
    wanted = {key[1] for row in part if (key := key_of(row))} | set(sources.values())
    found = {(entry.kind, entry.source): entry for entry in LedgerEntry.objects.filter(source__in=wanted)}
    payment = stripe_book.Kind.PAYMENT
    invoiced = {
        (payment, intent): found[payment, source] for intent, source in sources.items() if (payment, source) in found
    }
    return found | invoiced


def _mirrored(sources: set[str]) -> dict[Key, list[BalanceTransaction]]:
    """Stripe's side of these: one each, if all is well."""
    found = defaultdict(list)
    named = Q(payment__in=sources) | Q(source__in=sources) | Q(pk__in=sources)
    for row in BalanceTransaction.objects.filter(named).order_by("pk"):
        if key := key_of(row):
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
    dispute = transaction.source.startswith(stripe_book.DISPUTES)
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
