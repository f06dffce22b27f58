from __future__ import annotations

import fcntl
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from donations.jobs import scheduler
from donations.models import Chore
from tests.upkeep.backup.conftest import FACTS
from upkeep.backup import making, manifest, nightly
from upkeep.backup.errors import BackupError

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the nightly backups; making one only takes its name."""
    settings.BACKUP_DIR, settings.BACKUP_KEEP = tmp_path / "nightly", 2

    def make(folder: Path, prefix: str) -> making.Made:
        now = datetime.now(UTC)
        path = folder / making.name(prefix, now)
        path.touch(exist_ok=False)
        return making.Made(path, 0, manifest.of(FACTS, now, "sqlite", "database", 0, ""))

    monkeypatch.setattr(making, "make", make)
    return tmp_path / "nightly"


def nights(folder: Path) -> list[str]:
    return [path.name[15:23] for path in nightly.backups(folder)]


def test_one_is_made_each_night_and_the_newest_are_kept(folder: Path):
    for day in (20, 21, 22, 23):
        for hour in (2, 3, 4, 12):
            with time_machine.travel(datetime(2026, 11, day, hour, 30, tzinfo=UTC), tick=False):
                scheduler.store_result(nightly.JOB, nightly.run())
    assert nights(folder) == ["20261122", "20261123"]
    data = Chore.objects.get(pk=nightly.JOB).data
    assert data
    assert data["made_at"] == "2026-11-23T03:30:00+00:00"


def test_a_night_in_which_the_server_was_off_is_made_up_for(folder: Path):
    with time_machine.travel(datetime(2026, 11, 20, 15, tzinfo=UTC), tick=False):
        nightly.run()
    assert nights(folder) == ["20261120"]


@pytest.mark.parametrize(
    ("now", "due"), [("2026-11-25T02:59", "2026-11-24T03:00"), ("2026-11-25T03:00", "2026-11-25T03:00")]
)
def test_the_night_is_by_the_sites_clock(now: str, due: str):
    zone = ZoneInfo("Asia/Kolkata")
    at = datetime.fromisoformat(now).replace(tzinfo=zone)
    assert nightly.due(at) == datetime.fromisoformat(due).replace(tzinfo=zone)


def test_only_what_this_job_made_is_removed(folder: Path):
    folder.mkdir()
    others = ["tincup-20200101T000000Z.tar.gz", "tincup-nightly-20200101T000000Z.tar.gz.old", "notes.txt"]
    for name in [*others, *(f"tincup-nightly-2020010{day}T030000Z.tar.gz" for day in (1, 2, 3))]:
        (folder / name).touch()
    assert nightly.rotate(folder, 1) == 2
    assert nights(folder) == ["20200103"]
    assert all((folder / name).exists() for name in others)


def test_of_two_servers_in_one_folder_one_makes_it(folder: Path):
    folder.mkdir()
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        nightly.run()
    assert nights(folder) == []


def test_a_folder_that_cannot_be_made_is_told_by_name(folder: Path, settings):
    folder.write_text("a file")
    with pytest.raises(BackupError, match=r"nightly \(BACKUP_DIR\) cannot be written"):
        nightly.run()


def test_without_a_folder_none_is_made_and_one_made_by_hand_stays_on_record(settings):
    settings.BACKUP_DIR = None
    Chore.objects.create(name=nightly.JOB, due_at=datetime.now(UTC), data={"made_at": "2026-01-01T00:00:00+00:00"})
    scheduler.store_result(nightly.JOB, nightly.run())
    assert Chore.objects.get(pk=nightly.JOB).data == {"made_at": "2026-01-01T00:00:00+00:00"}
