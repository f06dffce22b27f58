"""Django's `migrate`, for every database that the site uses."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from project import databases


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # None is told from "default": who names a database, like the tests' runner, means that one alone.
        parser.set_defaults(database=None)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """The stand-in's tables come with the site's own: nobody who follows a tutorial would know of them."""
        named = options["database"]
        output = None
        for alias in [named] if named else self._meant_by(options["app_label"]):
            databases.make_folder(alias)
            output = super().execute(*args, **options | {"database": alias})
        return output

    def _meant_by(self, app: str | None) -> list[str]:
        """An app's tables are in one of the databases."""
        if app is None:
            return databases.used()
        return [databases.SANDBOX if app == databases.SANDBOX else DEFAULT_DB_ALIAS]
