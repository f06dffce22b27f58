"""Opens the databases that this site uses, or says in one line why they cannot be."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from project.env import refuse, stop

SANDBOX = "sandbox"  # the alias of the stand-in's database, and the name of the app whose tables are in it
# By the name of SQLite's error, as far as it goes.
SQLITE_SAYS = {
    "SQLITE_NOTADB": "which is no SQLite database.",
    "SQLITE_CANTOPEN": "which cannot be opened: may this user read and write it, and its folder?",
    "SQLITE_READONLY": "which cannot be written: may this user write it, and its folder?",
    "SQLITE_BUSY": "which another process holds: stop what is writing to it.",
    "SQLITE_FULL": "but the disk is full.",
    "SQLITE_CORRUPT": "which is damaged: restore a backup.",
    "SQLITE_IOERR": "which the disk fails to read or write.",
}
# PostgreSQL's library and the system say so when nobody is there; all else was said by somebody, or by the library.
SILENT = (
    "Connection refused",
    "timed out",
    "timeout expired",
    "could not translate host name",
    "No route to host",
    "Network is unreachable",
    "No such file or directory",
)


def used() -> list[str]:
    """The site's own, and the stand-in's while it is on."""
    return [DEFAULT_DB_ALIAS, SANDBOX] if settings.SANDBOX else [DEFAULT_DB_ALIAS]


def open_all() -> None:
    """As `open_or_refuse`, for each that the site uses; they are closed again."""
    for alias in used():
        open_or_refuse(alias)
        connections[alias].close()


def open_or_refuse(alias: str) -> None:
    """Make the folder that SQLite's file needs, connect, and begin to write. SystemExit if one of them fails."""
    database = connections[alias].settings_dict
    path = Path(str(database["NAME"])) if database["ENGINE"].endswith("sqlite3") else None
    try:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        with transaction.atomic(using=alias):
            if path:
                # SQLite finds out by a write alone that a file is not ours to write; nobody uses this number.
                with connections[alias].cursor() as cursor:
                    cursor.execute("PRAGMA user_version = 1")
                transaction.set_rollback(True, using=alias)
    except OSError as error:
        refuse("DATABASE_URL", f"needs the folder {path and path.parent}, which cannot be made: {error.strerror}.")
    except DatabaseError as error:
        refuse("DATABASE_URL", _sqlite(path, error) if path else _postgresql(error))


def refuse_old() -> None:
    """End the process with one line if the site's tables are older than the code, or not there at all."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        stop("the database is new, or older than this version: run `manage.py migrate` first.")


def keep_private(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let nobody else on this machine read donors' names out of SQLite's file, or of what it keeps beside it.

    SQLite makes those like the file itself, so there is something to do for a file that was made just now, or by
    somebody who did not care.
    """
    if connection.vendor != "sqlite":
        return
    for beside in ("", "-wal", "-shm", "-journal"):
        file = Path(f"{connection.settings_dict['NAME']}{beside}")
        # Another user's file is that user's to keep; one that is gone holds nothing.
        with suppress(OSError):
            mode = file.stat().st_mode
            # A device such as /dev/null is everybody's.
            if stat.S_ISREG(mode) and mode & 0o077:
                file.chmod(0o600)


def _sqlite(path: Path, error: DatabaseError) -> str:
    name = getattr(error.__cause__, "sqlite_errorname", "")
    said = next((text for known, text in SQLITE_SAYS.items() if name.startswith(known)), f"which fails: {error}")
    return f"leads to {path}, {said}"


def _postgresql(error: DatabaseError) -> str:
    """The driver's words name host, user and database, but no password."""
    said = str(error)
    if "FATAL:" in said:
        return f"leads to a database that does not let the site in: {said}"
    if any(words in said for words in SILENT):
        return f"leads to a database that does not answer: {said}"
    return f"cannot be used: {said}"
