"""A database that cannot be used is one line with the true reason, whichever command meets it."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError

from project import databases
from tests.project.running import SECRET_KEY, python

COMMANDS = [
    pytest.param(["-m", "project.prepare"], id="prepare"),
    pytest.param(["manage.py", "migrate"], id="migrate"),
    pytest.param(["manage.py", "runserver", "--noreload"], id="runserver"),
    pytest.param(["manage.py", "createsuperuser", "--noinput"], id="another command"),
]


def told(*command: str, **variables: str) -> str:
    """The one line with which this command ends."""
    result = python(*command, SECRET_KEY=SECRET_KEY, DEBUG="true", **variables)
    assert result.returncode == 1, result.stdout
    assert result.stderr.count("\n") == 1, result.stderr
    assert "hunter2" not in result.stderr
    return result.stderr.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_no_database(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "site.sqlite3"
    file.write_text("A letter, not a database. " * 100)
    expected = f"tincup: DATABASE_URL leads to {file}, which is no SQLite database."
    assert told(*command, DATABASE_URL=f"sqlite:///{file}") == expected


@pytest.mark.parametrize("command", COMMANDS[:2])
def test_a_folder_that_cannot_be_made(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").touch()
    line = told(*command, DATABASE_URL=f"sqlite:///{tmp_path}/file/data/site.sqlite3")
    expected = f"tincup: DATABASE_URL needs the folder {tmp_path}/file/data, which cannot be made: Not a directory."
    assert line == expected


# For a superuser, too, a file is what its mode says: without the capability CAP_DAC_OVERRIDE, by PR_CAPBSET_DROP.
AS_ANYBODY = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1);"
    "os.execv(sys.executable, [sys.executable, 'manage.py', 'verify_books'])"
)


def test_a_file_that_may_be_read_and_not_written(tmp_path: Path) -> None:
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word)")
    file.chmod(0o400)
    line = told("-c", AS_ANYBODY, DATABASE_URL=f"sqlite:///{file}")
    assert line.startswith(f"tincup: DATABASE_URL leads to {file}, which cannot be written")


def test_a_command_on_a_database_that_is_not_up_to_date(tmp_path: Path) -> None:
    line = told("manage.py", "verify_books", DATABASE_URL=f"sqlite:///{tmp_path}/site.sqlite3")
    assert line == "tincup: the database is new, or older than this version: run `manage.py migrate` first."


@pytest.mark.parametrize("command", COMMANDS[:3])
def test_a_server_that_does_not_answer(command: list[str]) -> None:
    line = told(*command, DATABASE_URL="postgres://user:hunter2@127.0.0.1:1/name")
    assert line.startswith("tincup: DATABASE_URL leads to a database that does not answer: ")


def test_an_option_with_a_value_that_the_driver_does_not_know_is_no_silence_of_the_server() -> None:
    line = told("-m", "project.prepare", DATABASE_URL="postgres://user:hunter2@127.0.0.1:1/name?sslmode=perhaps")
    assert line == 'tincup: DATABASE_URL cannot be used: invalid sslmode value: "perhaps"'


@pytest.mark.parametrize("command", COMMANDS[:2])
def test_a_migration_that_fails_is_named(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE organisation_organisation (id)")
    line = told(*command, DATABASE_URL=f"sqlite:///{file}")
    assert line.startswith(
        'tincup: the migration organisation.0001_initial failed: table "organisation_organisation" already exists.'
    )
    assert "DATABASE_URL" not in line


def test_a_developer_sees_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE organisation_organisation (id)")
    variables = {"SECRET_KEY": SECRET_KEY, "DEBUG": "true", "DATABASE_URL": f"sqlite:///{file}"}
    assert "Traceback" in python("manage.py", "migrate", "--traceback", **variables).stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SQLITE_READONLY_DIRECTORY", "cannot be written"),
        ("SQLITE_READONLY", "cannot be written"),
        ("SQLITE_FULL", "the disk is full"),
        ("SQLITE_CORRUPT_VTAB", "is damaged"),
        ("SQLITE_IOERR_SHMMAP", "fails to read or write"),
        ("SQLITE_BUSY_SNAPSHOT", "another process holds"),
        ("SQLITE_AUTH", "which fails: not authorized"),
    ],
)
def test_sqlite_is_quoted_by_the_name_of_its_error(name: str, said: str) -> None:
    cause = sqlite3.OperationalError("not authorized")
    cause.sqlite_errorname = name
    error = DatabaseError("not authorized")
    error.__cause__ = cause
    assert said in databases._sqlite(Path("/srv/site.db"), error)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('connection to server at "h" failed: FATAL:  password authentication failed for "u"', "not let the site in"),
        ('connection to server at "h" failed: FATAL:  database "gifts" does not exist', "not let the site in"),
        ('could not translate host name "h" to address: Name or service not known', "does not answer"),
        ('connection to server at "h", port 5432 failed: timeout expired', "does not answer"),
        ("connection to server failed: server does not support SSL, but SSL was required", "cannot be used: "),
        ('invalid dsn: invalid connection option "foo"', "cannot be used: invalid dsn"),
    ],
)
def test_postgresql_is_quoted_in_its_own_words(words: str, said: str) -> None:
    assert said in databases._postgresql(DatabaseError(words))


def test_a_device_stays_everybodys(tmp_path: Path) -> None:
    device = tmp_path / "device"
    os.mkfifo(device)
    device.chmod(0o666)
    connection: Any = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": str(device)})
    databases.keep_private(connection)
    assert stat.S_IMODE(device.stat().st_mode) == 0o666


def test_nobody_else_on_the_machine_reads_the_database(tmp_path: Path) -> None:
    """New files, and those that an earlier version made for everybody."""
    file, stand_in = tmp_path / "site.sqlite3", tmp_path / "site-sandbox.sqlite3"
    with closing(sqlite3.connect(stand_in)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word)")
        assert stand_in.stat().st_mode & 0o077
        asked = (
            "from django.db import connections\n"
            "for alias in ('default', 'sandbox'):\n"
            "    connections[alias].cursor().execute('CREATE TABLE one (number)')\n"
            "import pathlib, stat\n"
            "for path in sorted(pathlib.Path(connections['default'].settings_dict['NAME']).parent.iterdir()):\n"
            "    print(path.name, oct(stat.S_IMODE(path.stat().st_mode)))\n"
        )
        result = python(
            "manage.py", "shell", "-v0", "-c", asked, SECRET_KEY=SECRET_KEY, DEBUG="true",
            DATABASE_URL=f"sqlite:///{file}",
        )  # fmt: skip
    told = dict(line.split() for line in result.stdout.splitlines())
    assert told == {
        f"site{kind}.sqlite3{beside}": "0o600" for kind in ("", "-sandbox") for beside in ("", "-shm", "-wal")
    }
