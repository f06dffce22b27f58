"""A gift's rows of the ledger beside Stripe's book: what was kept as a fee, and what reached the account."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from desk.pages import formatting
from donations.models import BalanceTransaction, Donation, LedgerEntry, payments_of
from donations.reporting.stripe_book import key_of


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger; what Stripe's book says of it, in words, is empty until Stripe has said it."""

    entry: LedgerEntry
    amount: str
    source: str
    fee: str = ""
    net: str = ""
    booked: str = ""

    @property
    def when(self) -> str:
        return formatting.moment(self.entry.happened_at)


def for_donation(donation: Donation) -> list[Row]:
    """The rows in the order in which they were written."""
    entries = list(donation.entries.order_by("id"))
    intents = payments_of(entry.source for entry in entries)
    sources = [*intents.values(), *(entry.source for entry in entries)]
    named = Q(pk__in=sources) | Q(source__in=sources) | Q(payment__in=sources)
    mirror = list(BalanceTransaction.objects.filter(named)) if sources else []
    return [_row(entry, _of(entry.kind, intents.get(entry.source, entry.source), mirror)) for entry in entries]


def _of(kind: str, source: str, mirror: list[BalanceTransaction]) -> BalanceTransaction | None:
    return next((transaction for transaction in mirror if key_of(transaction) == (kind, source)), None)


def _row(entry: LedgerEntry, transaction: BalanceTransaction | None) -> Row:
    amount, source = formatting.amount(entry.amount, entry.currency), formatting.stripe_id(entry.source)
    if transaction is None:
        return Row(entry, amount, source)
    return Row(
        entry,
        amount,
        source,
        fee=formatting.amount(-transaction.fee, transaction.currency) if transaction.fee else "",
        net=formatting.amount(transaction.net, transaction.currency),
        booked=formatting.stripe_id(transaction.pk),
    )
