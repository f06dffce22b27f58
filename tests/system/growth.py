"""Upgrades a database of version 0.1.0 in which 100,000 gifts were taken: `python -m tests.system.growth [COUNT]`.

On SQLite, or on the PostgreSQL of TEST_DATABASE_URL. Says how long it took, and ends with an error if a row changed.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from tests.project.running import SECRET_KEY, python
from tests.system.journeys.databases import POSTGRESQL, Database, empty_postgresql_databases
from tests.system.test_older_database import DUMPS, kept

COUNT = 100_000
FIRST = 1_000_000  # above every id of the dump
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
UUID = "lpad(to_hex(i), 32, '0')::uuid" if POSTGRESQL else "printf('%032x', i)"
# Table -> what is another one in each copy of one row of it, and which row is copied.
COPIES: dict[str, tuple[dict[str, str], str]] = {
    "donations_donation": (
        {"id": f"{FIRST} + i", "uuid": UUID, "dedupe": "NULL", "session_id": "'cs_test_' || i"},
        "id = (SELECT donation_id FROM donations_ledgerentry WHERE kind = 'payment' ORDER BY id LIMIT 1)",
    ),
    "donations_ledgerentry": (
        {"id": f"{FIRST} + i", "source": "'pi_copy_' || i", "donation_id": f"{FIRST} + i"},
        "id = (SELECT MIN(id) FROM donations_ledgerentry WHERE kind = 'payment')",
    ),
    "donations_receipt": (
        {"id": f"{FIRST} + i", "number": f"{FIRST} + i", "entry_id": f"{FIRST} + i"},
        "id = (SELECT MIN(id) FROM donations_receipt)",
    ),
    "donations_balancetransaction": (
        {"id": "'txn_copy_' || i", "payment": "'pi_copy_' || i"},
        "id = (SELECT MIN(id) FROM donations_balancetransaction WHERE category = 'charge')",
    ),
    "donations_striperef": (
        {"id": "'pi_copy_' || i", "donation_id": f"{FIRST} + i"},
        "id = (SELECT MIN(id) FROM donations_striperef WHERE donation_id IS NOT NULL)",
    ),
    "donations_stripeevent": ({"id": "'evt_copy_' || i"}, "id = (SELECT MIN(id) FROM donations_stripeevent)"),
    "mail_mail": (
        {"id": f"{FIRST} + i", "key": "'copy ' || i"},
        "id = (SELECT MIN(id) FROM mail_mail WHERE state <> 'waiting')",
    ),
}


def grow(connection: Any, count: int) -> None:
    """Put `count` copies of a gift, and of all that came of it, into the database."""
    cursor = connection.cursor()
    for table, (changed, which) in COPIES.items():
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        columns = [column[0] for column in cursor.description]
        values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) {NUMBERS.format(count=count)}"
            f" SELECT {values} FROM n, (SELECT * FROM {table} WHERE {which}) AS t"
        )
        assert cursor.rowcount == count, f"{table} grew by {cursor.rowcount}"
    connection.commit()


@contextmanager
def database() -> Iterator[Database]:
    """The dump of version 0.1.0, loaded."""
    if POSTGRESQL:
        with empty_postgresql_databases(POSTGRESQL) as make:
            made = make()
            with closing(psycopg2.connect(made.url)) as connection:
                connection.cursor().execute((DUMPS / "0.1.0-postgresql.sql").read_text())
                connection.commit()
            yield made
        return
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        file = Path(folder) / "site.sqlite3"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript((DUMPS / "0.1.0-sqlite.sql").read_text())
        yield Database(f"sqlite:///{file}", lambda: sqlite3.connect(file, timeout=20))


def main(count: int) -> None:
    with database() as older:
        with closing(older.connect()) as connection:
            if POSTGRESQL:
                # A session without a path would not find the tables by their names alone.
                connection.cursor().execute("SET search_path TO public")
            grow(connection, count)
        before = kept(older)
        variables = {
            "SECRET_KEY": SECRET_KEY,
            "DEBUG": "true",
            "STRIPE_SECRET_KEY": "sk_test_1",
            "DATABASE_URL": older.url,
        }
        begun = time.monotonic()
        done = python("manage.py", "migrate", "--database", "default", "--verbosity", "1", **variables)
        seconds = time.monotonic() - begun
        assert done.returncode == 0, done.stderr
        assert kept(older) == before, "a row changed"
        check = "from donations.ledger import append_only; import sys; sys.exit(bool(append_only.missing()))"
        assert python("manage.py", "shell", "-c", check, **variables).returncode == 0, "the ledger is not guarded"
        kind = "PostgreSQL" if POSTGRESQL else "SQLite"
        print(
            f"{kind}: {count} gifts of version 0.1.0 upgraded in {seconds:.1f} s; no row changed, the ledger is guarded"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
