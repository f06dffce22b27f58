"""The database's own refusal to change what is append-only.

Made after every migrate, not in a migration: on SQLite a later change of a column rebuilds the table and drops its
triggers without a word.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from donations.models import BalanceTransaction, LedgerEntry, Receipt

TABLES = (LedgerEntry._meta.db_table, BalanceTransaction._meta.db_table, Receipt._meta.db_table)

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{action} BEFORE {action} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only: a correction is a new row'); END
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
    with connections[using].cursor() as cursor:
        for table, action in wanted(using):
            if connections[using].vendor == "postgresql":
                each = "FOR EACH STATEMENT" if action == "TRUNCATE" else "FOR EACH ROW"
                cursor.execute(_POSTGRESQL.format(table=table, action=action, each=each))
            else:
                cursor.execute(_SQLITE.format(table=table, action=action))


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The names of the triggers that should stand and do not."""
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        standing = {name.lower() for (name,) in cursor.fetchall()}
    return [name for table, action in wanted(using) if (name := f"{table}_no_{action}".lower()) not in standing]


def wanted(using: str) -> list[tuple[str, str]]:
    """Each protected table with each action that is refused on it."""
    actions = ["UPDATE", "DELETE"]
    if connections[using].vendor == "postgresql":
        actions.append("TRUNCATE")
    return [(table, action) for table in TABLES for action in actions]
