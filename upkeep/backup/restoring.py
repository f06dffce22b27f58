"""Puts a backup in the place of the site's database. Nothing is lost by it: the old one is kept aside."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from donations.ledger import append_only, mode
from upkeep.backup import archive, leftovers, making, manifest, postgresql, sqlite
from upkeep.backup.errors import BackupError

UNREADABLE = "cannot be read, and may still be worth something"
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: manifest.Manifest
    aside: Path | None  # where the old database is kept


def restore(source: Path, *, replace: bool = False) -> Restored:
    """Check the backup, keep the present database aside, put the backup's in its place, and bring it up to date.

    With `replace` also over a database that holds something. Raises BackupError; until it says otherwise, nothing was
    changed.
    """
    told = archive.check(source)
    _fits(told)
    try:
        holds = _holds_something()
        if holds and not replace:
            raise BackupError(
                f"The database {holds}. To put the backup in its place, say --replace: the old one is kept."
            )
        aside = _restore_sqlite(source, told) if told.engine == "sqlite" else _restore_postgresql(source, bool(holds))
    except OSError as error:
        raise BackupError(f"The backup could not be unpacked: {error.strerror or error}.") from error
    except DatabaseError as error:
        raise BackupError(f"The database did not take it: {error}".strip()) from error
    try:
        call_command("migrate", interactive=False, verbosity=0, database=DEFAULT_DB_ALIAS)
        _compare(told)
    except (BackupError, DatabaseError) as error:
        kept = f" The database of before is kept as {aside}." if aside else ""
        raise BackupError(f"The backup is in its place, but not as it should be: {error}{kept}") from error
    return Restored(told, aside)


def _fits(told: manifest.Manifest) -> None:
    """Before anything is touched: whether this site, with this code and key, can live with that database."""
    here = connections[DEFAULT_DB_ALIAS].vendor
    if told.engine != here:
        raise BackupError(
            f"The backup is of {ENGINES.get(told.engine, told.engine)}, but DATABASE_URL names {ENGINES[here]}: "
            "name a database of the same kind."
        )
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    if unknown := set(told.migrations) - known:
        raise BackupError(
            f"The backup was made by a newer Tincup ({told.version}), which has {min(unknown)}: "
            "restore it with that version."
        )
    if told.mode and told.mode != mode.of_key():
        kinds = {"live": "real money", "test": "practice"}
        raise BackupError(
            f"The backup is of {kinds[told.mode]}, but STRIPE_SECRET_KEY is a key for {kinds[mode.of_key().value]}: "
            "set the key that belongs to it."
        )


def _holds_something() -> str:
    """What would be lost, in words; empty for a new database."""
    connection = connections[DEFAULT_DB_ALIAS]
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite":
        if not path.exists():
            return ""
        if not sqlite.is_one(path):
            return UNREADABLE
    try:
        tables = set(connection.introspection.table_names())
        with connection.cursor() as cursor:
            for table in manifest.COUNTED:
                if table in tables:
                    cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                    if (count := cursor.fetchone()[0]) > 0:
                        return f"holds rows ({count} in {table})"
        # A PostgreSQL that does not answer is found out by the first step of restoring.
        return "" if not tables or "django_migrations" in tables else "holds tables of something else"
    except DatabaseError:
        if connection.vendor == "sqlite":
            return UNREADABLE
        raise
    finally:
        connection.close()


def _restore_sqlite(source: Path, told: manifest.Manifest) -> Path | None:
    database = Path(str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])).resolve()
    database.parent.mkdir(parents=True, exist_ok=True)
    aside = database.with_name(f"{database.stem}-before-restore-{_stamp()}{database.suffix}")
    leftovers.sweep(database.parent)
    with tempfile.TemporaryDirectory(prefix=leftovers.PREFIX, dir=database.parent) as folder:
        new = Path(folder) / sqlite.FILE
        archive.extract(source, new)
        if sqlite.facts(new).rows != told.rows:
            raise BackupError(f"{source} is damaged: it holds other rows than its manifest tells of.")
        connections[DEFAULT_DB_ALIAS].close()
        return aside if sqlite.put(new, database, aside) else None


def _restore_postgresql(source: Path, holds: bool) -> Path | None:
    """The old database is kept as a backup of its own, beside the other backups."""
    aside = None
    if holds:
        aside = making.make(settings.BACKUP_DIR or source.parent, "tincup-before-restore").path
    with tempfile.TemporaryDirectory(prefix="tincup-restore-") as work:
        file = Path(work) / postgresql.FILE
        archive.extract(source, file)
        postgresql.check(file)
        postgresql.put(file)
    return aside


def _compare(told: manifest.Manifest) -> None:
    """What arrived against what was told. What an upgrade changes does not count here, so only rows are counted."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for table, count in told.rows.items():
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
            if (found := cursor.fetchone()[0]) != count:
                raise BackupError(
                    f"After restoring, {table} holds {found} rows and not {count}: do not start the site."
                )
    if missing := append_only.missing():
        raise BackupError(f"After restoring, the ledger's guards are missing ({', '.join(missing)}): run migrate.")


def _stamp() -> str:
    return making.name("", timezone.now()).removeprefix("-").removesuffix(archive.ENDING)
