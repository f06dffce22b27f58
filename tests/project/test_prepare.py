"""A checkout that nobody may write to: served if all is there already, else refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_django

from project import prepare


@pytest.fixture
def unwritable(tmp_path: Path, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As on a read-only disk, which the tests' own user (often root) cannot be kept from writing to otherwise."""
    settings.STATIC_ROOT = tmp_path

    def refused(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(prepare, "_collect", refused)
    return tmp_path


def test_static_files_that_cannot_be_collected_are_one_line(unwritable: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        prepare.static_files()
    said = "The site's static files are collected there."
    assert str(stop.value) == f"tincup: the folder {unwritable} cannot be written: Read-only file system. {said}"


def test_those_that_were_collected_before_will_do(unwritable: Path) -> None:
    (unwritable / ".sources").write_text(prepare._sources())
    prepare.static_files()


def test_those_of_other_sources_will_not(unwritable: Path) -> None:
    (unwritable / ".sources").write_text("of an older version")
    with pytest.raises(SystemExit):
        prepare.static_files()


def test_a_folder_that_cannot_be_made_is_one_line_too(tmp_path: Path, settings: pytest_django.Settings) -> None:
    (tmp_path / "file").touch()
    settings.STATIC_ROOT = tmp_path / "file" / "static"
    with pytest.raises(SystemExit, match=r"^tincup: the folder \S+ cannot be written: Not a directory\."):
        prepare.static_files()
