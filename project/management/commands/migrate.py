"""Django's `migrate`, for every database that the site uses."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from project import databases
from project.env import stop


class Command(migrate.Command):
    running = ""  # the migration that is being applied

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # None is told from "default": who names a database, like the tests' runner, means that one alone.
        parser.set_defaults(database=None)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """The stand-in's tables come with the site's own: nobody who follows a tutorial would know of them."""
        named = options["database"]
        output = None
        for alias in [named] if named else self._meant_by(options["app_label"]):
            databases.open_or_refuse(alias)
            output = super().execute(*args, **options | {"database": alias})
        return output

    def handle(self, *args: Any, **options: Any) -> str | None:
        """An operator reads one line; `--traceback` shows the rest."""
        try:
            return super().handle(*args, **options)
        except CommandError:
            raise
        except Exception as error:
            if options["traceback"]:
                raise
            what = f"the migration {self.running}" if self.running else "bringing the database up to date"
            # PostgreSQL's further lines may quote a row.
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            stop(f"{what} failed: {reason.rstrip('.')}. `manage.py migrate --traceback` tells more.")

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if migration:
            self.running = str(migration) if action.endswith("_start") else ""
        super().migration_progress_callback(action, migration, fake)

    def _meant_by(self, app: str | None) -> list[str]:
        """An app's tables are in one of the databases."""
        if app is None:
            return databases.used()
        return [databases.SANDBOX if app == databases.SANDBOX else DEFAULT_DB_ALIAS]
