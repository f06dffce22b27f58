from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from donations.models import Chore
from upkeep.backup import archive, leftovers, making, postgresql
from upkeep.backup.errors import BackupError


@pytest.mark.django_db(transaction=True)
def test_a_backup_tells_what_it_holds_and_is_put_on_record(tmp_path: Path, make_donation, capsys):
    make_donation()
    call_command("backup", str(tmp_path))
    (path,) = tmp_path.iterdir()
    told = archive.check(path)
    assert told.rows["donations_donation"] == 1
    assert told.engine == connection.vendor
    assert "donations.0012_site_identity" in told.migrations
    data = Chore.objects.get(pk=making.JOB).data
    assert data
    assert data["path"] == str(path)
    assert "(0." in capsys.readouterr().out


def test_a_folder_that_is_not_there_and_a_file_that_is_are_refused(tmp_path: Path):
    with pytest.raises(CommandError, match="is not there: make it"):
        call_command("backup", str(tmp_path / "no" / "file"))
    (tmp_path / "here").touch()
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(tmp_path / "here"))


@pytest.mark.django_db(transaction=True)
def test_a_role_that_may_only_read_makes_a_backup_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    def may_not(*_: object) -> None:
        raise DatabaseError("permission denied for table donations_chore")

    monkeypatch.setattr(making, "note", may_not)
    call_command("backup", str(tmp_path))
    told = capsys.readouterr()
    assert "Backed up to" in told.out
    assert "permission denied" in told.err
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no tool")
@pytest.mark.django_db(transaction=True)
def test_a_client_that_is_older_than_the_server_is_told_with_the_version_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump: error: aborting because of server version mismatch' >&2\nexit 1\n")
    old.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(CommandError, match=r"server version mismatch\. .*install .*postgresql-client-\d\d\)"):
        call_command("backup", str(tmp_path))


def test_a_name_that_the_disk_does_not_take_is_refused_with_a_word(tmp_path: Path):
    with pytest.raises(CommandError, match="cannot be written to"):
        call_command("backup", str(tmp_path / ("x" * 300)))


def test_what_was_left_by_one_that_was_killed_goes_after_a_day(tmp_path: Path):
    ours = [".tincup-work-a1b2c3d4", "tincup-nightly-20261124T030000Z.tar.gz.partial"]
    others = [".tincup-work-a1b2c3d4.txt", "tincup-20261124T030000Z.tar.gz", "books.partial", ".backup-old"]
    for name in [*ours, *others]:
        (tmp_path / name).mkdir() if name.startswith(".") else (tmp_path / name).touch()
    leftovers.sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 6
    for path in tmp_path.iterdir():
        os.utime(path, (0, time.time() - leftovers.OLD - 1))
    leftovers.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_a_missing_client_of_postgresql_is_named_with_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackupError, match="apt install postgresql-client"):
        postgresql.check(Path("any"))
