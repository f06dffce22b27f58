"""The statements that run for every payment, as text.

The names of tables and columns are taken from the models: see lib.database.statement. For the modules that
`posting.post` calls, in its transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from donations.models import Case, Donation, ErasedAddress, LedgerEntry, Receipt, ReceiptCounter, StripeRef, Total
from lib.database import commits
from lib.database.rows import Reader, column, field, table
from lib.database.statement import Statement, send

# Of a donation what posting reads and writes; the donor's own words are none of its business.
_DONATION = Reader(
    Donation,
    *("id", "uuid", "amount", "currency", "name", "payer_name", "email", "public", "user", "created_at", "erased_at"),
    *("presented_amount", "presented_currency", "frequency", "subscription", "to_index", "session_id", "ask_at"),
    *("checkout", "settling_failed", "delayed", "flags", "status"),
)
_ENTRY = Reader(LedgerEntry, "id", "donation", "kind", "source", "amount", "currency", "happened_at")
_ERASED = Reader(ErasedAddress, "digest", "erased_at")


@dataclass(frozen=True, slots=True)
class Tied:
    """Whose the ids are that an update names, and those of them that were known already and nobody's."""

    donation: int
    nobodys: list[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a donation. Its row is locked: nobody adds to it before our transaction ends."""

    donation: Donation
    entries: list[LedgerEntry]
    # Refunds, disputes, failures or warnings.
    has_cases: bool
    # When the owner of the address that was asked for had it erased.
    erased_at: datetime | None


def tie(references: Sequence[str], donation: uuid.UUID) -> Tied | None:
    """Lock these ids, known or not, and note whose the new ones are; one that is another donation's stays so.

    None if there is no such donation, or no id.
    """
    if not references:
        return None
    rows = send((_tie(len(references)), [timezone.now(), *references, donation, donation]))
    return Tied(rows[0][2], [reference for reference, owner, _ in rows if owner is None]) if rows else None


def read(donation: int, address: str = "") -> Known:
    """Lock a donation, and read all that posting must know of it; `address` is the digest of one that may be erased.

    Two statements where rows are locked: one that has waited for a lock goes on with what it saw before.
    """
    # A transaction of SQLite's holds the whole database.
    lock = [(_lock(), [donation])] if connections[DEFAULT_DB_ALIAS].vendor == "postgresql" else []
    rows = send(*lock, (_read(), [address, donation]))
    if not rows:
        raise Donation.DoesNotExist
    entry, rest = len(_DONATION), len(_DONATION) + len(_ENTRY)
    has_cases, *erased = rows[0][rest:]
    return Known(
        donation=_DONATION.row(rows[0][:entry]),
        entries=[_ENTRY.row(row[entry:rest]) for row in rows if row[entry] is not None],
        has_cases=bool(has_cases),
        erased_at=_ERASED.row(erased).erased_at if erased[0] else None,
    )


def draw_receipt_number(entry: int) -> int | None:
    """Move the counter of receipts on and give its number to this entry; None if the entry has one already.

    The counter is locked until the commit, but not until the disk has that.
    """
    early = commits.may_wait_later()
    if early:
        commits.wait_after_commit()
    drawn = send((_next_receipt_number(early), []), (_number(), [entry, timezone.now()]))
    return int(drawn[0][0]) if drawn else None


def add_to_total(currency: str, month: date, columns: tuple[str, ...], steps: Sequence[int]) -> None:
    """Add to the sums of a month, or begin them."""
    send((_add_to_total(columns), [currency, month, *steps]))


# The names are our own, the values are parameters: nothing here is anybody's text.
# ruff: noqa: S608


@cache
def _tie(count: int) -> Statement:
    key, owner, seen_at = (column(StripeRef, name) for name in ("id", "donation", "seen_at"))
    mine = f"{column(Donation, 'uuid')} = %s"
    pk = column(Donation, "id")
    # The rows are locked in the order of the ids, whoever comes.
    return Statement(
        "tie",
        f"INSERT INTO {table(StripeRef)} ({key}, {owner}, {seen_at}) "
        f"SELECT v.column1, d.{pk}, %s FROM (VALUES {', '.join(['(%s)'] * count)}) AS v, {table(Donation)} AS d "
        f"WHERE d.{mine} ORDER BY v.column1 ON CONFLICT ({key}) DO UPDATE SET {seen_at} = EXCLUDED.{seen_at} "
        f"RETURNING {key}, {owner}, (SELECT {pk} FROM {table(Donation)} WHERE {mine})",
        [field(StripeRef, "seen_at"), *[field(StripeRef, "id")] * count, *[field(Donation, "uuid")] * 2],
    )


@cache
def _lock() -> Statement:
    key = field(Donation, "id")
    return Statement("lock", f"SELECT 1 FROM {table(Donation)} WHERE {column(Donation, 'id')} = %s FOR UPDATE", [key])


@cache
def _read() -> Statement:
    pk, its, digest = column(Donation, "id"), column(LedgerEntry, "donation"), column(ErasedAddress, "digest")
    has_cases = f"EXISTS (SELECT 1 FROM {table(Case)} AS c WHERE c.{column(Case, 'donation')} = d.{pk})"
    return Statement(
        "read",
        f"SELECT {_DONATION.columns('d')}, {_ENTRY.columns('e')}, {has_cases}, {_ERASED.columns('a')} "
        f"FROM {table(Donation)} AS d LEFT JOIN {table(LedgerEntry)} AS e ON e.{its} = d.{pk} "
        f"LEFT JOIN {table(ErasedAddress)} AS a ON a.{digest} = %s WHERE d.{pk} = %s",
        [field(ErasedAddress, "digest"), field(Donation, "id")],
    )


@cache
def _next_receipt_number(early: bool) -> Statement:
    key, last = column(ReceiptCounter, "id"), column(ReceiptCounter, "last")
    return Statement(
        "next_receipt_number",
        f"INSERT INTO {table(ReceiptCounter)} ({key}, {last}) VALUES (1, 1) ON CONFLICT ({key}) "
        f"DO UPDATE SET {last} = {table(ReceiptCounter)}.{last} + 1 "
        f"RETURNING {last}{f', {commits.NOT_WAITING}' if early else ''}",
    )


@cache
def _number() -> Statement:
    number, entry, issued_at = (column(Receipt, name) for name in ("number", "entry", "issued_at"))
    # The counter is of this transaction already: nobody moves it between the two.
    return Statement(
        "number",
        f"INSERT INTO {table(Receipt)} ({number}, {entry}, {issued_at}) "
        f"SELECT c.{column(ReceiptCounter, 'last')}, %s, %s FROM {table(ReceiptCounter)} AS c "
        f"WHERE c.{column(ReceiptCounter, 'id')} = 1 ON CONFLICT DO NOTHING RETURNING {number}",
        [field(Receipt, "entry"), field(Receipt, "issued_at")],
    )


@cache
def _add_to_total(columns: tuple[str, ...]) -> Statement:
    fields = [field(Total, name) for name in ("currency", "month", *columns)]
    names = [column(Total, each.name) for each in fields]
    steps = ", ".join(f"{name} = {table(Total)}.{name} + EXCLUDED.{name}" for name in names[2:])
    return Statement(
        "add_to_total",
        f"INSERT INTO {table(Total)} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "
        f"ON CONFLICT ({', '.join(names[:2])}) DO UPDATE SET {steps}",
        fields,
    )
