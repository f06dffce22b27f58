"""What Django's test cases call after a test with real transactions: the rows are again those of a migrated database.

Django's own command empties every table and lets the apps fill some of them again: that takes twenty times as long,
loses what migrations wrote (roles, levels), and is refused by the ledger's triggers, as it should be.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from donations.ledger import append_only

Rows = list[tuple[Any, ...]]

_kept: dict[str, dict[str, Rows]] = {}  # by database and table


def keep(using: str, **_: object) -> None:
    """A receiver of post_migrate: remember the rows that migrations and apps have written, before any test."""
    if using in _kept:
        return
    tables = connections[using].introspection.django_table_names(only_existing=True, include_views=False)
    _kept[using] = {table: _rows(using, table) for table in tables}


class Command(flush.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        database = options["database"]
        changed = [table for table, rows in _kept[database].items() if _differs(database, table, rows)]
        # Foreign keys are looked at when the transaction ends: the tables' order does not matter.
        with transaction.atomic(using=database):
            _drop_triggers(database, changed)
            for table in changed:
                _write(database, table, _kept[database][table])
            if database == DEFAULT_DB_ALIAS and append_only.missing():
                append_only.make()


def _differs(using: str, table: str, rows: Rows) -> bool:
    return _rows(using, table, "" if rows else "LIMIT 1") != rows


def _rows(using: str, table: str, limit: str = "") -> Rows:
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} {limit}")
        return sorted(cursor.fetchall(), key=str)


def _write(using: str, table: str, rows: Rows) -> None:
    """In the place of all that the table holds."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
        for row in rows:
            cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)


def _drop_triggers(using: str, tables: list[str]) -> None:
    if using != DEFAULT_DB_ALIAS:
        return
    with connections[using].cursor() as cursor:
        for table, action in append_only.wanted(using):
            if table in tables:
                on = f" ON {table}" if connections[using].vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}{on}")
