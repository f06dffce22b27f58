"""The database's own refusal to change what is append-only.

Made after every migrate, not in a migration: on SQLite a later change of a column rebuilds the table and drops its
triggers without a word.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import UniqueConstraint

from donations.models import BalanceTransaction, LedgerEntry, Receipt

MODELS = (LedgerEntry, BalanceTransaction, Receipt)
REPLACE = "replace"

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{action} BEFORE {action} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only: a correction is a new row'); END
"""
# INSERT OR REPLACE deletes the row in its way without asking the trigger above. A row that is there already stays, and
# the new one is passed over without a word: an error would also end an INSERT … ON CONFLICT DO NOTHING.
_SQLITE_REPLACE = """
CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS
(SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT RAISE(IGNORE); END
"""

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION tincup_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only: a correction is a new row', TG_TABLE_NAME; END $$;
DROP TRIGGER IF EXISTS {table}_no_{action} ON {table};
CREATE TRIGGER {table}_no_{action} BEFORE {action} ON {table} {each} EXECUTE FUNCTION tincup_append_only()
"""


def make(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Put the triggers on the tables; those that stand stay. A receiver of Django's post_migrate."""
    if using != DEFAULT_DB_ALIAS:
        return
    connection = connections[using]
    # An app may be migrated alone, before the tables are there.
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table, action in wanted(using):
            if table not in tables:
                continue
            if connection.vendor == "postgresql":
                each = "FOR EACH STATEMENT" if action == "TRUNCATE" else "FOR EACH ROW"
                cursor.execute(_POSTGRESQL.format(table=table, action=action, each=each))
            elif action == REPLACE:
                cursor.execute(_SQLITE_REPLACE.format(table=table, same=_same(table)))
            else:
                cursor.execute(_SQLITE.format(table=table, action=action))


def drop(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take the triggers off, for practice that is thrown away as a whole. In a transaction that makes them again."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table, action in wanted(using):
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}{on}")


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The names of the triggers that should stand and do not."""
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "postgresql":
            cursor.execute(
                "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                " WHERE NOT tgisinternal AND tgenabled <> 'D' AND pg_table_is_visible(tgrelid)"
            )
        else:
            cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
        standing = {(table, name.lower()) for table, name in cursor.fetchall()}
    return [name for table, action in wanted(using) if (table, name := f"{table}_no_{action}".lower()) not in standing]


def wanted(using: str) -> list[tuple[str, str]]:
    """Each protected table with each action that is refused on it."""
    last = "TRUNCATE" if connections[using].vendor == "postgresql" else REPLACE
    return [(model._meta.db_table, action) for model in MODELS for action in ("UPDATE", "DELETE", last)]


def _same(table: str) -> str:
    """The condition under which a new row would take the place of an old one: every unique key of the table."""
    options = next(model._meta for model in MODELS if model._meta.db_table == table)
    keys = [[field.name] for field in options.local_fields if field.unique]
    keys += [list(each.fields) for each in options.constraints if isinstance(each, UniqueConstraint)]
    column = {field.name: field.column for field in options.local_fields}
    columns = [[column[name] for name in key] for key in keys]
    return " OR ".join("(" + " AND ".join(f"{name} = NEW.{name}" for name in key) + ")" for key in columns)
