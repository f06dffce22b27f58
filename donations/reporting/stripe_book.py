"""How Stripe's book is read beside ours: which row of the ledger each of its balance transactions should have."""

from __future__ import annotations

from collections.abc import Collection

from donations.ledger import identity
from donations.models import BalanceTransaction, LedgerEntry, StripeRef

Kind = LedgerEntry.Kind
Key = tuple[str, str]  # kind and source of a ledger row

CHARGES, REFUNDS, DISPUTES = ("ch_", "py_"), ("re_", "pyr_"), ("dp_", "du_")
# Stripe's types and categories of what takes a payment out of the balance again, because it failed.
FAILURES = frozenset({"payment_failure_refund", "payment_reversal", "charge_failure"})
# Those that are only fees, whatever they are about.
FEES = frozenset({"fee", "network_cost", "tax"})


def key_of(transaction: BalanceTransaction) -> Key | None:
    """The key of the ledger row that this balance transaction should have; None when it is no gift's money.

    The source tells what moved, and the sign which way: Stripe has several types for one thing. A refund that failed
    comes back as `refund_failure`, as `adjustment` or as a positive `payment_refund`.
    """
    if transaction.category in FEES:
        return None
    if transaction.source.startswith(REFUNDS):
        return (Kind.REFUND if took_money(transaction) else Kind.REFUND_FAILURE), transaction.source
    if transaction.source.startswith(DISPUTES):
        # A dispute takes and gives money several times: each is keyed by its own id.
        return (Kind.DISPUTE_WITHDRAWAL if took_money(transaction) else Kind.DISPUTE_REINSTATEMENT), transaction.id
    if is_failure(transaction):
        return Kind.PAYMENT_FAILURE, transaction.source
    if is_payment(transaction):
        return Kind.PAYMENT, transaction.payment
    return None


def took_money(transaction: BalanceTransaction) -> bool:
    """The sign tells, unless a cent was settled to nothing."""
    taking = {"refund", "dispute", "charge_failure"}
    return transaction.amount < 0 or (not transaction.amount and transaction.category in taking)


def is_failure(transaction: BalanceTransaction) -> bool:
    """Whether it takes a failed payment out of the balance again."""
    return transaction.source.startswith(CHARGES) and bool(FAILURES & {transaction.type, transaction.category})


def is_payment(transaction: BalanceTransaction) -> bool:
    """Whether money of a payment came by it. A bank debit has it from its submission, before it has succeeded."""
    return transaction.type in {"charge", "payment"} and not is_failure(transaction)


def ours(part: list[BalanceTransaction]) -> set[str]:
    """The ids of those that are ours: by an id that we know, or by our own mark on the payment, also when our database
    has forgotten the gift."""
    payments = {row.payment for row in part if row.payment}
    named = payments | {row.source for row in part if row.source}
    known = set(StripeRef.objects.filter(id__in=named, donation__isnull=False).values_list("id", flat=True))
    marks = identity.marks()
    marked = BalanceTransaction.objects.filter(payment__in=payments, site__in=marks)
    known |= set(marked.values_list("payment", flat=True))
    return {row.pk for row in part if row.site in marks or {row.payment, row.source} & known}


def failed_before_arrival(rows: list[BalanceTransaction], booked: Collection[Key]) -> set[str]:
    """Which of these come to nothing: a debit, and the failure of the same charge, of which the ledger has no payment.

    `booked` are the keys of the ledger's rows about these payments.
    """
    open_ = [row for row in rows if row.source and (is_payment(row) or is_failure(row)) and not _arrived(row, booked)]
    beside = BalanceTransaction.objects.filter(source__in={row.source for row in open_})
    found: dict[str, set[bool]] = {}
    for row in beside:
        if is_payment(row) or is_failure(row):
            found.setdefault(row.source, set()).add(is_failure(row))
    return {row.pk for row in open_ if len(found[row.source]) == 2}


def _arrived(row: BalanceTransaction, booked: Collection[Key]) -> bool:
    return (Kind.PAYMENT, row.payment) in booked or (Kind.PAYMENT_FAILURE, row.source) in booked
