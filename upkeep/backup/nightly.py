"""The backup of every night, if a folder is set for it, and the rotation."""

from __future__ import annotations

import fcntl
import logging
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from donations.jobs.registry import Result
from donations.models import Chore
from upkeep.backup import archive, making
from upkeep.backup.errors import BackupError

log = logging.getLogger(__name__)

JOB = making.JOB
PREFIX = "tincup-nightly"
# Ours alone are ever removed: not what an operator made by hand, or moved here.
NAME = re.compile(rf"{PREFIX}-\d{{8}}T\d{{6}}Z{re.escape(archive.ENDING)}")
HOUR = 3  # by the site's clock


def run() -> Result:
    """Make this night's backup if it is due, and remove the oldest ones. Raises BackupError.

    In a folder that several servers share, one of them does it.
    """
    if settings.BACKUP_DIR is None:
        return Result("off: BACKUP_DIR is not set", _known())
    folder: Path = settings.BACKUP_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise BackupError(f"The folder {folder} (BACKUP_DIR) cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _newest(folder) >= due(timezone.localtime()):
            return _last()
        made = making.make(folder, PREFIX)
        removed = rotate(folder, settings.BACKUP_KEEP)
        log.info("backup made: %s; %d older ones removed", made, removed)
        return making.note(made)
    except BlockingIOError:
        return Result("another server is making it", _known())
    finally:
        os.close(lock)


def due(now: datetime) -> datetime:
    """The last time that it was three in the night, by the site's clock."""
    tonight = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return tonight if now >= tonight else tonight - timedelta(days=1)


def backups(folder: Path) -> list[Path]:
    """Those that this job made, the oldest first."""
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def rotate(folder: Path, keep: int) -> int:
    """Remove all but the newest `keep`. Returns how many went."""
    old = backups(folder)[:-keep]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _newest(folder: Path) -> datetime:
    made = backups(folder)
    stamp = made[-1].name.removeprefix(f"{PREFIX}-").removesuffix(archive.ENDING) if made else "19700101T000000Z"
    return datetime.strptime(stamp, "%Y%m%dT%H%M%S%z")


def _last() -> Result:
    chore = Chore.objects.filter(pk=JOB).first()
    return Result(chore.result if chore else "", chore.data if chore else None)


def _known() -> dict[str, object] | None:
    """Of a backup that somebody made by hand: that stays on record."""
    return _last().data
