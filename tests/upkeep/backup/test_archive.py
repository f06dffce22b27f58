from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from lib.version import version
from tests.upkeep.backup.conftest import FACTS, NOON
from upkeep.backup import archive, manifest
from upkeep.backup.errors import BackupError


def test_an_archive_gives_back_what_was_put_in(write, tmp_path: Path):
    path = write()
    told = archive.extract(path, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"rows" * 1000
    assert (told.version, told.made_at, told.mode) == (version(), "2026-11-25T12:00:00+00:00", "test")
    assert archive.check(path) == told


def test_nobody_but_its_owner_may_read_it_or_what_comes_out_of_it(write, tmp_path: Path):
    path = write()
    archive.extract(path, tmp_path / "out")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, tmp_path / "out")] == [0o600, 0o600]


def test_it_takes_nobodys_place(write, tmp_path: Path):
    before = write().read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        write()
    assert (tmp_path / "some.tar.gz").read_bytes() == before


def test_a_disk_that_gives_a_file_one_name_only_takes_it_too(write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def vfat(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", vfat)
    before = write().read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["some.tar.gz"]
    with pytest.raises(BackupError, match="exists already"):
        write()
    assert (tmp_path / "some.tar.gz").read_bytes() == before
    assert list(tmp_path.glob("*.partial")) == []


@pytest.mark.parametrize("keep", [0, 10, 100, 200])
def test_one_that_was_cut_short_is_refused(write, keep: int):
    path = write()
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BackupError, match="damaged"):
        archive.check(path)


def test_one_whose_rows_were_changed_is_refused(write, tmp_path: Path):
    path = write()
    told = archive.check(path)
    (tmp_path / "other").write_bytes(b"Rows" * 1000)
    with pytest.raises(BackupError, match="damaged"):
        archive.write(tmp_path / "forged.tar.gz", told, tmp_path / "other")
    assert not (tmp_path / "forged.tar.gz").exists(), "what is not whole gets no name"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", "cannot be read"),
        (b"{}", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b'{"format": 2, "version": "9.0.0"}', r"newer Tincup \(9\.0\.0\)"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_with_a_word(content: bytes, said: str):
    with pytest.raises(BackupError, match=said):
        manifest.read(content)


@pytest.mark.parametrize(
    "odd",
    [
        {"rows": [1]},
        {"rows": {"donations_donation": "3"}},
        {"rows": {"accounts_user; DROP TABLE accounts_user": 1}},
        {"migrations": [["donations.0001_initial"]]},
        {"migrations": "donations.0001_initial"},
        {"mode": "odd"},
        {"engine": 5},
        {"file": None},
    ],
)
def test_a_manifest_with_values_of_the_wrong_kind_is_refused_before_anything_is_replaced(odd: dict[str, object]):
    told = json.loads(manifest.of(FACTS, NOON, "sqlite", "database", 4000, "0" * 64).as_json())
    assert manifest.read(json.dumps(told).encode()).rows == FACTS.rows
    with pytest.raises(BackupError, match="cannot be read"):
        manifest.read(json.dumps(told | odd).encode())


def test_what_is_not_there_and_what_is_a_folder_are_told_apart_from_damage(tmp_path: Path):
    with pytest.raises(BackupError, match="is not there"):
        archive.check(tmp_path / "nothing")
    with pytest.raises(BackupError, match="cannot be read: Is a directory"):
        archive.check(tmp_path)
