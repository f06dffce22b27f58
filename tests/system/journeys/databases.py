"""A fresh database for each site, and its rows as anybody with the file or the password sees them.

SQLite files, unless TEST_DATABASE_URL names a PostgreSQL server: then a database of its own there. Migrating takes
seconds, so it is done once, and every fresh database is a copy.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2  # type: ignore[import-untyped]

from tests.project import prepared
from tests.project.running import SECRET_KEY, python

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "")
# Everything that a gift, or a webhook that should not have been believed, could change.
TABLES = ("donations_donation", "donations_ledgerentry", "donations_stripeevent", "donations_striperef")


@dataclass(frozen=True)
class Database:
    """`url` is what the site is told; `connect` is our own way in."""

    url: str
    connect: Callable[[], Any]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows as committed at this moment."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def count(self, table: str, condition: str = "1 = 1") -> int:
        return int(self.rows(f"SELECT COUNT(*) FROM {table} WHERE {condition}")[0][0])

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: sorted(self.rows(f"SELECT * FROM {table}"), key=str) for table in TABLES}


@contextmanager
def sqlite_databases(folder: Path) -> Iterator[Callable[[], Database]]:
    """Makes SQLite databases in this folder, the built-in sandbox's file beside each."""

    def make() -> Database:
        file = prepared.copy_to(folder / uuid.uuid4().hex)
        return Database(f"sqlite:///{file}", lambda: sqlite3.connect(file, timeout=20))

    yield make


@contextmanager
def empty_postgresql_databases(server: str) -> Iterator[Callable[..., Database]]:
    """Makes databases on this server, empty or copies of another one, and drops them in the end."""
    made: list[str] = []

    def make(template: str = "template1") -> Database:
        name = f"journey_{uuid.uuid4().hex}"
        _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        # The server may be reached by a socket: only the path of its address changes.
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
        return Database(url, lambda: psycopg2.connect(url))

    yield make
    for name in made:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgresql_databases(server: str) -> Iterator[Callable[[], Database]]:
    """Makes databases on this server, all migrated."""
    with empty_postgresql_databases(server) as make:
        template = make()
        done = python(
            "-m",
            "project.prepare",
            SECRET_KEY=SECRET_KEY,
            DEBUG="true",
            DATABASE_URL=template.url,
            # Not the built-in sandbox: without a file of its own it would be the developer's.
            STRIPE_SECRET_KEY="sk_test_1",
        )
        assert done.returncode == 0, done.stderr
        yield lambda: make(urlsplit(template.url).path[1:])


def _run(server: str, statement: str) -> None:
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True  # a database is not made within a transaction
        with connection.cursor() as cursor:
            cursor.execute(statement)
