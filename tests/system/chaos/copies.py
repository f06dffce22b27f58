"""Backups of the site's database, as an operator makes and restores them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2  # type: ignore[import-untyped]

from tests.system.journeys.databases import POSTGRESQL, Database


class SqliteCopy:
    """Taken with VACUUM INTO, while the site writes."""

    while_serving = True

    def __init__(self, database: Database) -> None:
        self.file = Path(database.url.removeprefix("sqlite:///"))
        self.kept = self.file.with_suffix(".backup")

    def take(self) -> None:
        with closing(sqlite3.connect(self.file, timeout=20)) as connection:
            connection.execute("VACUUM INTO ?", [str(self.kept)])

    def restore(self) -> None:
        """With the site stopped."""
        for leftover in ("-wal", "-shm"):
            self.file.with_name(self.file.name + leftover).unlink(missing_ok=True)
        shutil.copy(self.kept, self.file)

    def discard(self) -> None:
        self.kept.unlink(missing_ok=True)


class PostgresqlCopy:
    """A database made from the site's as template, which the server allows while nobody is connected to it."""

    while_serving = False

    def __init__(self, database: Database) -> None:
        self.name = urlsplit(database.url).path.strip("/")
        self.kept = f"{self.name}_backup"

    def take(self) -> None:
        self._run(f"CREATE DATABASE {self.kept} TEMPLATE {self.name}")

    def restore(self) -> None:
        """With the site stopped."""
        self._run(f"DROP DATABASE {self.name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {self.name} TEMPLATE {self.kept}")

    def discard(self) -> None:
        self._run(f"DROP DATABASE IF EXISTS {self.kept}")

    def _run(self, statement: str) -> None:
        with closing(psycopg2.connect(POSTGRESQL)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                # A killed process's session may need a moment to be noticed.
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self.name])
                cursor.execute(statement)


def copy_of(database: Database) -> SqliteCopy | PostgresqlCopy:
    return SqliteCopy(database) if database.url.startswith("sqlite") else PostgresqlCopy(database)
