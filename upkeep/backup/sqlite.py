"""A SQLite database: copied while others write, and put in the place of another one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from upkeep.backup import manifest
from upkeep.backup.errors import BackupError

FILE = "database.sqlite3"
BEGINNING = b"SQLite format 3\0"
PATIENCE = 20  # seconds for somebody else's lock
STOP_FIRST = "The database is in use: stop the site and every command of it, then restore."


def copy(database: Path, to: Path) -> manifest.Facts:
    """A whole copy of one moment, by SQLite's own backup; writers go on. Raises BackupError and sqlite3.Error."""
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with (
        closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        # All pages in one step: in several, a writer in between would make it begin again.
        source.backup(target)
        # One file, without another beside it.
        target.execute("PRAGMA journal_mode=DELETE")
        return _facts(target)


def facts(file: Path) -> manifest.Facts:
    """What the copy holds. Raises BackupError when it is damaged."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return _facts(connection)


def is_one(file: Path) -> bool:
    """Whether it begins as a SQLite database does. To open one that does not would delete the journal beside it."""
    with file.open("rb") as opened:
        return opened.read(len(BEGINNING)) in {b"", BEGINNING}


def put(new: Path, database: Path, aside: Path) -> bool:
    """Put `new` in the place of the database; the old one keeps its rows under the name `aside`.

    Returns whether there was an old one. Raises BackupError, and nothing is changed, while somebody has it open.
    """
    was_there = database.exists()
    if was_there:
        if is_one(database):
            _alone(database)
        # At no moment is there no database: a site that started then would make an empty one.
        os.link(database, aside)
    # Of a damaged one that could not be closed cleanly: they belong to the old file.
    for ending in ("-wal", "-shm"):
        beside = database.with_name(database.name + ending)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + ending))
    if os.geteuid() == 0:
        # Root restores, but the site does not run as root: the file stays whose it was.
        whose = (aside if was_there else database.parent).stat()
        os.chown(new, whose.st_uid, whose.st_gid)
    new.replace(database)
    return was_there


def _alone(database: Path) -> None:
    """Leaving the write-ahead journal takes a lock that nobody else's open connection allows, and tidies the file."""
    with closing(sqlite3.connect(database, timeout=1)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise BackupError(STOP_FIRST) from error
        except sqlite3.DatabaseError:
            return  # damaged: what is kept aside is kept as it is


def _facts(connection: sqlite3.Connection) -> manifest.Facts:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BackupError(f"The database is damaged ({found}): restore an older backup.")
    return manifest.facts(connection.execute)
