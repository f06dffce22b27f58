"""What a restore refuses before it touches anything. tests/system/journeys/test_backup.py walks the way itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from tests.upkeep.backup.conftest import FACTS
from upkeep.backup import making, restoring
from upkeep.backup.errors import BackupError

pytestmark = pytest.mark.django_db


def refusal(path, *options: str) -> str:
    with pytest.raises(CommandError) as error:
        call_command("restore", str(path), *options)
    return str(error.value)


def test_a_backup_of_the_other_kind_of_database_is_refused(write):
    other = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    assert "name a database of the same kind" in refusal(write(engine=other), "--replace")


def test_a_backup_of_a_newer_version_is_refused_by_the_migration_that_is_not_known(write):
    facts = replace(FACTS, migrations=["donations.0001_initial", "donations.9999_later"])
    said = refusal(write(engine=connection.vendor, facts=facts), "--replace")
    assert "donations.9999_later" in said
    assert "newer Tincup" in said


def test_a_backup_of_real_money_is_refused_with_a_test_key(write):
    said = refusal(write(engine=connection.vendor, facts=replace(FACTS, mode="live")), "--replace")
    assert "is of real money, but STRIPE_SECRET_KEY is a key for practice" in said


def test_a_database_with_gifts_is_replaced_only_when_it_is_said(write, donation):
    said = refusal(write(engine=connection.vendor))
    assert "holds rows (1 in donations_donation)" in said
    assert "--replace" in said


def test_a_database_that_does_not_let_one_look_is_told_of_in_a_line(write, monkeypatch: pytest.MonkeyPatch):
    def may_not() -> str:
        raise DatabaseError("permission denied for table django_migrations\n")

    monkeypatch.setattr(restoring, "_holds_something", may_not)
    assert refusal(write(engine=connection.vendor), "--replace").endswith(
        "permission denied for table django_migrations"
    )


def test_a_damaged_backup_is_refused(write):
    path = write(engine=connection.vendor)
    path.write_bytes(path.read_bytes()[:-50])
    assert "damaged" in refusal(path, "--replace")


def test_a_database_that_is_in_place_and_not_as_it_should_be_is_told_of_with_the_one_of_before(
    write, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: object, **__: object) -> None:
        raise DatabaseError("no such column")

    for put in ("_restore_sqlite", "_restore_postgresql"):
        monkeypatch.setattr(restoring, put, lambda *_: Path("/data/before.sqlite3"))
    monkeypatch.setattr(restoring, "call_command", fails)
    said = refusal(write(engine=connection.vendor), "--replace")
    assert "no such column" in said
    assert "The database of before is kept as /data/before.sqlite3." in said


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a dump's rows are not known before it is in place")
@pytest.mark.django_db(transaction=True)
def test_a_backup_that_holds_other_rows_than_it_tells_of_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = making.make(tmp_path)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "site.sqlite3"))
    told = replace(made.manifest, rows=made.manifest.rows | {"donations_donation": 5})
    with pytest.raises(BackupError, match="holds other rows"):
        restoring._restore_sqlite(made.path, told)
    assert [path.name for path in tmp_path.iterdir()] == [made.path.name]
