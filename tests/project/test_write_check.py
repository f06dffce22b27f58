"""A site that can only read is not ready: found out by a real write, cheaply, and without standing in anybody's way."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from project import write_check
from tests.project.running import Running

Start = Callable[..., Running]
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="about a file")
postgresql_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="about a server")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database file in the place of the site's."""
    path = tmp_path / "a site's #1?.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE x (y)")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    return path


@pytest.mark.slow
def test_a_full_disk_and_its_end_are_seen(site: Start) -> None:
    server = site(DEBUG="true")
    assert server.ask("GET", "/readyz").text == "ready\n"
    # No file of this process may grow any more.
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, hard))
    deadline = time.monotonic() + 30
    while (answer := server.ask("GET", "/readyz")).status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert answer.status == 503
    # Reading may need to write as well: SQLite keeps an index of its log beside the file.
    told = {"the disk is full\n", "the database cannot be written\n", "the database does not answer\n"}
    assert answer.text in told
    assert server.ask("GET", "/livez").status == 200
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    while server.ask("GET", "/readyz").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)


@sqlite_only
def test_each_look_is_a_real_write(file: Path) -> None:
    seen = []
    for _ in range(3):
        write_check.forget()
        assert write_check.problem() == ""
        with closing(sqlite3.connect(file)) as other:
            seen += other.execute("PRAGMA user_version").fetchone()
    assert seen == [1, 0, 1]


@sqlite_only
def test_a_file_that_is_gone_is_not_made_anew(file: Path) -> None:
    shutil.rmtree(file.parent)
    assert write_check.problem() == "the database cannot be written"
    assert not file.parent.exists()


@sqlite_only
def test_a_file_for_reading_only(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def reading_only(database: str, **options: object) -> sqlite3.Connection:
        return connect(database.replace("mode=rw", "mode=ro"), **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", reading_only)
    assert write_check.problem() == "the database cannot be written"


@sqlite_only
def test_whoever_is_writing_at_the_moment_is_no_problem_and_does_not_wait(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        assert write_check.problem() == ""
        assert time.monotonic() - started < 10
        busy.execute("INSERT INTO x VALUES (1)")
        busy.execute("COMMIT")


@sqlite_only
def test_no_lock_is_left_behind(file: Path) -> None:
    write_check.problem()
    with closing(sqlite3.connect(file, timeout=0)) as other:
        other.execute("INSERT INTO x VALUES (1)")
        other.commit()


@sqlite_only
def test_whoever_asks_often_is_answered_from_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert write_check.problem() == ""
    shutil.rmtree(file.parent)
    now += write_check.EVERY - 0.1
    assert write_check.problem() == ""
    now += 0.1
    assert write_check.problem() != ""


@pytest.mark.django_db
@postgresql_only
def test_a_server_that_only_reads_is_not_ready(client: Client) -> None:
    assert client.get("/readyz").status_code == 200
    write_check.forget()
    with transaction.atomic():
        connection.cursor().execute("SET LOCAL transaction_read_only = on")
        answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"the database cannot be written\n")


@pytest.mark.django_db
@postgresql_only
def test_the_server_is_asked_to_write_once_in_a_while() -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            assert write_check.problem() == ""
    assert sum("UPDATE" in query["sql"] for query in queries) == 1
