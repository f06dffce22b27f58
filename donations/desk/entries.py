"""A gift's rows of the ledger beside Stripe's book: what was kept as a fee, and what reached the account."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from donations.books import KINDS
from donations.desk import shown
from donations.models import BalanceTransaction, Donation, LedgerEntry


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger; what Stripe's book says of it, in words, is empty until Stripe has said it."""

    entry: LedgerEntry
    amount: str
    source: str
    fee: str = ""
    net: str = ""
    booked: str = ""


def of(donation: Donation) -> list[Row]:
    """The rows in the order in which they were written."""
    entries = list(donation.entries.order_by("id"))
    sources = [entry.source for entry in entries]
    named = Q(pk__in=sources) | Q(source__in=sources) | Q(payment__in=sources)
    mirror = list(BalanceTransaction.objects.filter(named)) if sources else []
    return [_row(entry, _of(entry, mirror)) for entry in entries]


def _of(entry: LedgerEntry, mirror: list[BalanceTransaction]) -> BalanceTransaction | None:
    for transaction in mirror:
        same_kind = KINDS.get(transaction.type) == entry.kind
        if transaction.pk == entry.source or (same_kind and entry.source in (transaction.payment, transaction.source)):
            return transaction
    return None


def _row(entry: LedgerEntry, transaction: BalanceTransaction | None) -> Row:
    amount, source = shown.amount(entry.amount, entry.currency), shown.stripe_id(entry.source)
    if transaction is None:
        return Row(entry, amount, source)
    return Row(
        entry,
        amount,
        source,
        fee=shown.amount(-transaction.fee, transaction.currency) if transaction.fee else "",
        net=shown.amount(transaction.net, transaction.currency),
        booked=shown.stripe_id(transaction.pk),
    )
