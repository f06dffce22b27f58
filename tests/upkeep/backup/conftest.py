"""Backups of a database that is a text: what an archive holds does not matter to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from upkeep.backup import archive, manifest

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
FACTS = manifest.Facts("a" * 32, "test", ["donations.0001_initial"], {"donations_donation": 3})


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Make an archive whose manifest says these things."""

    def make(name: str = "some.tar.gz", engine: str = "sqlite", facts: manifest.Facts = FACTS) -> Path:
        database = tmp_path / "database"
        database.write_bytes(b"rows" * 1000)
        told = manifest.of(facts, NOON, engine, "database", 4000, archive.digest(database))
        archive.write(tmp_path / name, told, database)
        database.unlink()
        return tmp_path / name

    return make
