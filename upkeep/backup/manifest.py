"""What a backup says of itself: which site, which version, how much, and how to tell that it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from lib.version import version
from upkeep.backup.errors import BackupError

FORMAT = 1
# Rows that cannot be made again. Their numbers are compared after a restore.
COUNTED = ("donations_donation", "donations_ledgerentry", "donations_receipt", "accounts_user")


@dataclass(frozen=True, slots=True)
class Facts:
    """Read from the database as it is in the backup."""

    site_id: str
    mode: str  # test, live, or empty when it was not decided yet
    migrations: list[str]  # like "donations.0012_site_identity"
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    made_at: str  # ISO 8601, UTC
    version: str
    engine: str  # sqlite or postgresql
    site_id: str
    mode: str
    migrations: list[str]
    rows: dict[str, int]
    file: str  # the database's name in the archive
    size: int  # bytes
    sha256: str

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=2, sort_keys=True).encode()


def of(facts: Facts, made_at: datetime, engine: str, file: str, size: int, sha256: str) -> Manifest:
    return Manifest(
        format=FORMAT,
        made_at=made_at.astimezone(UTC).isoformat(timespec="seconds"),
        version=version(),
        engine=engine,
        file=file,
        size=size,
        sha256=sha256,
        **asdict(facts),
    )


def read(text: bytes) -> Manifest:
    """Raises BackupError for what is no manifest, or one of a later format."""
    try:
        data: dict[str, Any] = json.loads(text)
        if data["format"] > FORMAT:
            raise BackupError(
                f"The backup was made by a newer Tincup ({data.get('version')}): restore it with that version."
            )
        manifest = Manifest(**{field.name: data[field.name] for field in fields(Manifest)})
        if manifest.when.tzinfo is None:
            raise ValueError("no time zone")
        _well_formed(manifest)
    except (ValueError, KeyError, TypeError) as error:
        problem = "The backup's manifest cannot be read: this is no backup of Tincup, or a damaged one."
        raise BackupError(problem) from error
    return manifest


def _well_formed(told: Manifest) -> None:
    """Raises ValueError. What is found wrong only in restoring is found too late: the database is replaced by then."""
    migrations, rows = told.migrations, told.rows
    if not (isinstance(migrations, list) and all(isinstance(name, str) for name in migrations)):
        raise ValueError("migrations")
    # The names become part of a query.
    if not (isinstance(rows, dict) and all(table in COUNTED and type(count) is int for table, count in rows.items())):
        raise ValueError("rows")
    if told.mode not in {"", "test", "live"} or not isinstance(told.engine, str) or not isinstance(told.file, str):
        raise ValueError("mode, engine or file")


def facts(execute: Callable[[str], Iterable[Any]]) -> Facts:
    """By `execute`, which runs a query and gives its rows: the backup is not the database that Django knows."""
    migrations = [f"{app}.{name}" for app, name in execute("SELECT app, name FROM django_migrations ORDER BY id")]
    site_id, mode = next(iter(execute("SELECT site_id, mode FROM donations_siteidentity")), ("", ""))
    counted = {table: int(next(iter(execute(f"SELECT COUNT(*) FROM {table}")))[0]) for table in COUNTED}  # noqa: S608
    return Facts(site_id=site_id, mode=mode, migrations=migrations, rows=counted)
