"""The databases that this site uses, with the folders that their files need."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

SANDBOX = "sandbox"  # the alias of the stand-in's database, and the name of the app whose tables are in it


def used() -> list[str]:
    """The site's own, and the stand-in's while it is on."""
    return [DEFAULT_DB_ALIAS, SANDBOX] if settings.SANDBOX else [DEFAULT_DB_ALIAS]


def make_folder(alias: str) -> None:
    """SQLite makes its file, not the folder around it; a fresh clone has none."""
    database = settings.DATABASES[alias]
    if database["ENGINE"].endswith("sqlite3"):
        Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
