"""Whether the site's database takes writes: a site that can only read looks well and loses every gift's record.

A real write, committed: nothing less meets a full disk. On SQLite it goes over a connection of its own, because the
others wait long for a lock, and it holds that lock for the one write; whoever asks often is answered from memory.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction

EVERY = 10.0  # seconds between two writes of one process
PATIENCE = 0.25  # seconds for somebody else's lock
# https://www.postgresql.org/docs/current/errcodes-appendix.html
DISK_FULL, LOCKED = "53100", "55P03"

_lock = threading.Lock()
_found = ""
_looked_at: float | None = None


def problem() -> str:
    """Why nothing can be written, in words that may be shown to anybody; empty when all is well."""
    global _found, _looked_at  # noqa: PLW0603  one answer for all threads
    with _lock:
        if _looked_at is None or time.monotonic() - _looked_at >= EVERY:
            sqlite = connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
            _found = _write_sqlite() if sqlite else _write_postgresql()
            _looked_at = time.monotonic()
        return _found


def forget() -> None:
    """Look anew when asked the next time."""
    global _looked_at  # noqa: PLW0603
    with _lock:
        _looked_at = None


def _write_sqlite() -> str:
    """Write `user_version`, a number in the file's head that nobody uses: another one, or nothing would be written."""
    path = Path(str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])).resolve()
    try:
        # mode=rw: a file that is gone must not be made anew.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as connection:
            (number,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version = {1 - min(number, 1)}")
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return ""  # somebody is writing, so it can be done
        return "the disk is full" if name == "SQLITE_FULL" else "the database cannot be written"
    return ""


def _write_postgresql() -> str:
    """Write a row as it stands: a replica, a database that was set to read only and a full disk all refuse."""
    try:
        with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
            cursor.execute(
                "UPDATE django_migrations SET applied = applied WHERE id = (SELECT MIN(id) FROM django_migrations)"
            )
    except DatabaseError as error:
        code = getattr(error.__cause__, "pgcode", "")
        if code == LOCKED:
            return ""
        return "the disk is full" if code == DISK_FULL else "the database cannot be written"
    return ""
