"""The statements that run for every payment, as text.

Built once, with the names of tables and columns taken from the models: see lib.rows. For the modules that
`posting.post` calls, in its transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from donations.models import Case, Donation, ErasedAddress, LedgerEntry, ReceiptCounter, StripeRef, Total
from lib.rows import Reader, column, prepared, table

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
    key = prepared(Donation, "uuid", donation)
    values = [prepared(StripeRef, "seen_at", timezone.now()), *references, key, key]
    rows = _fetched(_tie(len(references)), values)
    return Tied(rows[0][2], [reference for reference, owner, _ in rows if owner is None]) if rows else None


def read(donation: int, address: str = "") -> Known:
    """Lock a donation, and read all that posting must know of it; `address` is the digest of one that may be erased.

    Two statements where rows are locked: one that has waited for a lock goes on with what it saw before.
    """
    vendor = connections[DEFAULT_DB_ALIAS].vendor
    rows = _fetched(_read(vendor), [*([donation] if vendor == "postgresql" else []), address, donation])
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


def next_receipt_number() -> int:
    """Move the counter of receipts on, and lock it."""
    return int(_fetched(_next_receipt_number(), [])[0][0])


def add_to_total(currency: str, month: date, columns: tuple[str, ...], steps: Sequence[int]) -> None:
    """Add to the sums of a month, or begin them."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_add_to_total(columns), [currency, prepared(Total, "month", month), *steps])


def _fetched(statement: str, values: Sequence[Any]) -> list[Any]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


# The names are our own, the values are parameters: nothing here is anybody's text.
# ruff: noqa: S608


@cache
def _tie(count: int) -> str:
    key, owner, seen_at = (column(StripeRef, name) for name in ("id", "donation", "seen_at"))
    mine = f"{column(Donation, 'uuid')} = %s"
    pk = column(Donation, "id")
    # The rows are locked in the order of the ids, whoever comes.
    return (
        f"INSERT INTO {table(StripeRef)} ({key}, {owner}, {seen_at}) "
        f"SELECT v.column1, d.{pk}, %s FROM (VALUES {', '.join(['(%s)'] * count)}) AS v, {table(Donation)} AS d "
        f"WHERE d.{mine} ORDER BY v.column1 ON CONFLICT ({key}) DO UPDATE SET {seen_at} = EXCLUDED.{seen_at} "
        f"RETURNING {key}, {owner}, (SELECT {pk} FROM {table(Donation)} WHERE {mine})"
    )


@cache
def _read(vendor: str) -> str:
    pk, its, digest = column(Donation, "id"), column(LedgerEntry, "donation"), column(ErasedAddress, "digest")
    has_cases = f"EXISTS (SELECT 1 FROM {table(Case)} AS c WHERE c.{column(Case, 'donation')} = d.{pk})"
    lock = f"SELECT 1 FROM {table(Donation)} WHERE {pk} = %s FOR UPDATE; " if vendor == "postgresql" else ""
    return (
        f"{lock}SELECT {_DONATION.columns('d')}, {_ENTRY.columns('e')}, {has_cases}, {_ERASED.columns('a')} "
        f"FROM {table(Donation)} AS d LEFT JOIN {table(LedgerEntry)} AS e ON e.{its} = d.{pk} "
        f"LEFT JOIN {table(ErasedAddress)} AS a ON a.{digest} = %s WHERE d.{pk} = %s"
    )


@cache
def _next_receipt_number() -> str:
    key, last = column(ReceiptCounter, "id"), column(ReceiptCounter, "last")
    return (
        f"INSERT INTO {table(ReceiptCounter)} ({key}, {last}) VALUES (1, 1) "
        f"ON CONFLICT ({key}) DO UPDATE SET {last} = {table(ReceiptCounter)}.{last} + 1 RETURNING {last}"
    )


@cache
def _add_to_total(columns: tuple[str, ...]) -> str:
    key = [column(Total, name) for name in ("currency", "month")]
    sums = [column(Total, name) for name in columns]
    steps = ", ".join(f"{name} = {table(Total)}.{name} + EXCLUDED.{name}" for name in sums)
    return (
        f"INSERT INTO {table(Total)} ({', '.join([*key, *sums])}) VALUES ({', '.join(['%s'] * (2 + len(sums)))}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {steps}"
    )
