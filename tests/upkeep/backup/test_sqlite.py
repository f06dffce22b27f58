"""SQLite's file, copied under a writer and replaced under nobody."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from upkeep.backup import sqlite
from upkeep.backup.errors import BackupError

TABLES = """
CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT);
CREATE TABLE donations_siteidentity (site_id TEXT, mode TEXT);
CREATE TABLE donations_donation (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE donations_ledgerentry (id INTEGER PRIMARY KEY);
CREATE TABLE donations_receipt (id INTEGER PRIMARY KEY);
CREATE TABLE accounts_user (id INTEGER PRIMARY KEY);
INSERT INTO donations_siteidentity VALUES ('aa', 'test');
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A site's database in its journal mode, with one gift that is in the journal and not yet in the file."""
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(TABLES)
        connection.execute("INSERT INTO donations_donation VALUES (1, 'Ada')")
        connection.commit()
        yield file


def names(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM donations_donation ORDER BY id")]


def test_a_copy_holds_what_is_committed_and_nothing_that_is_not(database: Path, tmp_path: Path):
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("INSERT INTO donations_donation VALUES (2, 'half way')")
        facts = sqlite.copy(database, tmp_path / "copy")
        writer.commit()
    assert facts.rows["donations_donation"] == 1
    assert names(tmp_path / "copy") == ["Ada"]
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert not (tmp_path / "copy-wal").exists(), "one file is all of it"


def test_while_somebody_has_the_database_open_nothing_is_replaced(database: Path, tmp_path: Path):
    sqlite.copy(database, tmp_path / "new")
    with pytest.raises(BackupError, match="stop the site"):
        sqlite.put(tmp_path / "new", database, tmp_path / "aside")
    assert not (tmp_path / "aside").exists()
    assert names(database) == ["Ada"]


def test_the_old_database_is_kept_whole_with_what_was_in_its_journal(tmp_path: Path, database: Path):
    sqlite.copy(database, tmp_path / "new")
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(TABLES)
        connection.execute("INSERT INTO donations_donation VALUES (1, 'Bob')")
        connection.commit()
    assert sqlite.put(tmp_path / "new", other, tmp_path / "aside")
    assert (names(other), names(tmp_path / "aside")) == (["Ada"], ["Bob"])


def test_a_damaged_database_can_be_replaced_and_is_kept_as_it_was(tmp_path: Path, database: Path):
    sqlite.copy(database, tmp_path / "new")
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"no database at all" * 100)
    (tmp_path / "damaged.sqlite3-wal").write_bytes(b"of the old one")
    assert sqlite.put(tmp_path / "new", damaged, tmp_path / "aside")
    assert names(damaged) == ["Ada"]
    assert (tmp_path / "aside").read_bytes().startswith(b"no database")
    assert (tmp_path / "aside-wal").read_bytes() == b"of the old one"


def test_a_damaged_copy_is_no_backup(tmp_path: Path, database: Path):
    sqlite.copy(database, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "copy").write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises((BackupError, sqlite3.DatabaseError)):
        sqlite.facts(tmp_path / "copy")
