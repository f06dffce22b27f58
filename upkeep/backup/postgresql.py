"""A PostgreSQL database, by PostgreSQL's own tools: pg_dump, pg_restore and psql."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from upkeep.backup import manifest
from upkeep.backup.errors import BackupError

FILE = "database.dump"
PATIENCE = 3.0  # seconds
TOO_OLD = (
    "The server is PostgreSQL {server}: install the client of that version (on Debian: postgresql-client-{server})."
)
NOT_FOUND = "{tool} is not found: install PostgreSQL's client (on Debian: apt install postgresql-client)."


def dump(to: Path) -> manifest.Facts:
    """Dump the database as it is at one moment; the site goes on. Raises BackupError and DatabaseError."""
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = connections[DEFAULT_DB_ALIAS]
    with transaction.atomic(), connection.cursor() as cursor:
        # What the manifest tells and what the dump holds are of the same moment.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()

        def execute(query: str) -> Iterable[Any]:
            cursor.execute(query)
            return list(cursor.fetchall())

        found = manifest.facts(execute)
        _run("pg_dump", f"--snapshot={snapshot}", "--format=custom", "--compress=0", f"--file={to}", _target())
    return found


def check(file: Path) -> None:
    """Raises BackupError for a dump that PostgreSQL's tools cannot read."""
    _run("pg_restore", "--list", str(file))


def put(file: Path) -> None:
    """Replace the site's tables by those of the dump, all or nothing. Raises BackupError and DatabaseError."""
    _alone()
    connection = connections[DEFAULT_DB_ALIAS]
    tables = [connection.ops.quote_name(table) for table in connection.introspection.table_names()]
    # Also those that a newer version made and the dump does not know: migrating would stumble over them.
    drops = ["SET lock_timeout = '10s';", *(f"DROP TABLE IF EXISTS {table} CASCADE;" for table in tables)]
    drops.append("DROP FUNCTION IF EXISTS tincup_append_only() CASCADE;")
    connection.close()
    script = file.with_suffix(".sql")
    os.close(os.open(script, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
    try:
        _run(
            *("psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"),
            *(f"--command={' '.join(drops)}", f"--file={script}", _target()),
        )
    except BackupError as error:
        raise BackupError(f"Nothing was changed. {error}") from error


def _alone() -> None:
    """Raises BackupError while others are connected: what they wrote into the old tables would be lost unseen.

    The server needs a moment to notice that a process which was just stopped is gone.
    """
    deadline = time.monotonic() + PATIENCE
    while others := _others():
        if time.monotonic() > deadline:
            raise BackupError(
                f"{others} other connections use the database: stop the site and every command of it, then restore."
            )
        time.sleep(0.1)


def _others() -> int:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def _run(tool: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  the tool and the options are ours, and no shell reads them
        [_tool(tool), *arguments], env=_environment(), capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        old = f" {TOO_OLD.format(server=_server())}" if "version mismatch" in done.stderr else ""
        raise BackupError(f"{tool} failed: {_last(done.stderr)}.{old}")


def _server() -> int:
    """The server's major version."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    return int(connection.connection.server_version) // 10_000


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(NOT_FOUND.format(tool=name))
    return found


def _target() -> str:
    """Where the database is, without the password: others on the machine can read a command line."""
    from psycopg2.extensions import make_dsn  # type: ignore[import-untyped]

    params = connections[DEFAULT_DB_ALIAS].get_connection_params()
    known = {name: value for name, value in params.items() if name not in {"password", "cursor_factory"}}
    return "--dbname=" + str(make_dsn(**known))


def _environment() -> dict[str, str]:
    password = connections[DEFAULT_DB_ALIAS].get_connection_params().get("password")
    return os.environ | ({"PGPASSWORD": str(password)} if password else {})


def _last(said: str) -> str:
    """The line that says what went wrong: the first error of the tool's, else its last words."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it did not say why.")
