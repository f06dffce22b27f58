"""The numbers of receipts: in sequence, without a gap, never twice.

They come from one counter row, drawn in the transaction that writes the ledger's row: if that is rolled back, so is
the number. The counter's UPDATE makes two who draw at once wait for one another, on either database.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from donations.ledger import statements
from donations.models import LedgerEntry, Receipt, ReceiptCounter


def find(entry: LedgerEntry) -> int | None:
    """The receipt number of an entry, if it has one."""
    return Receipt.objects.filter(entry=entry).values_list("number", flat=True).first()


def by_number(number: int) -> Receipt | None:
    """The receipt with this number, its entry and donation at hand."""
    return Receipt.objects.select_related("entry__donation__user").filter(number=number).first()


def draw(entry: LedgerEntry) -> int:
    """The number of a stored entry by which a gift arrived: a new one, unless it has one.

    For `posting`, in the transaction that writes the entry.
    """
    with transaction.atomic(savepoint=False):
        number = statements.draw_receipt_number(entry.pk)
        if number is not None:
            return number
        # Somebody drew for this very entry while we waited for the counter. The number is still ours: put it back.
        ReceiptCounter.objects.update(last=F("last") - 1)
        return Receipt.objects.values_list("number", flat=True).get(entry=entry)
