"""Makes a backup: the database of one moment, and what it says of itself, in one file."""

from __future__ import annotations

import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.utils import timezone

from donations.jobs import scheduler
from donations.jobs.registry import Result
from upkeep.backup import archive, leftovers, manifest, postgresql, sqlite
from upkeep.backup.errors import BackupError

# The scheduled job, and where the newest backup is noted, whoever made it.
JOB = "back-up"


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    size: int  # bytes
    manifest: manifest.Manifest

    def __str__(self) -> str:
        return f"{self.path} ({self.size / 1e6:.1f} MB, {self.manifest.rows['donations_donation']} gifts)"


def make(target: Path, prefix: str = "tincup") -> Made:
    """Back up to `target`: a new file, or a folder in which the file gets the prefix and the time as its name.

    The site may go on serving. Raises BackupError.
    """
    now = timezone.now()
    try:
        path = target / name(prefix, now) if target.is_dir() else target
        if not path.parent.is_dir():
            raise BackupError(f"The folder {path.parent} is not there: make it, or name another one.")
        if path.exists():
            raise BackupError(f"{path} exists already: a backup never writes over a file.")
        leftovers.sweep(path.parent)
        # Beside the target: there is room for the backup, so there should be for this.
        with tempfile.TemporaryDirectory(prefix=leftovers.PREFIX, dir=path.parent) as folder:
            told = _copied(Path(folder), now)
            archive.write(path, told, Path(folder) / told.file)
    except OSError as error:
        raise BackupError(f"The backup cannot be written to {target}: {error.strerror or error}.") from error
    except (sqlite3.Error, DatabaseError) as error:
        raise BackupError(f"The database could not be read: {error}".strip()) from error
    return Made(path, path.stat().st_size, told)


def name(prefix: str, at: datetime) -> str:
    """Sorts by time, in UTC: an hour that comes twice in autumn must not give one name twice."""
    return f"{prefix}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{archive.ENDING}"


def note(made: Made) -> Result:
    """Remember the newest backup where the scheduled jobs are listed."""
    result = Result(str(made), {"made_at": made.manifest.made_at, "path": str(made.path), "size": made.size})
    scheduler.store_result(JOB, result)
    return result


def _copied(folder: Path, now: datetime) -> manifest.Manifest:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        file = folder / sqlite.FILE
        facts = sqlite.copy(Path(str(connection.settings_dict["NAME"])), file)
    else:
        file = folder / postgresql.FILE
        facts = postgresql.dump(file)
        postgresql.check(file)
    return manifest.of(facts, now, connection.vendor, file.name, file.stat().st_size, archive.digest(file))
