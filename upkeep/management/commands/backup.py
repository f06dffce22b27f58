"""`manage.py backup TARGET`: the whole database in one file, while the site serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from upkeep.backup import making
from upkeep.backup.errors import BackupError


class Command(BaseCommand):
    help = "Back up the database into one file. The site may go on serving."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="a new file, or a folder in which it gets the time as its name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = making.make(options["target"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        try:
            making.note(made)
        except DatabaseError as error:
            # A role for backups may read and not write.
            self.stderr.write(f"The backup is made, but could not be noted for the doctor: {str(error).strip()}")
        self.stdout.write(f"Backed up to {made}. It holds donors' names and addresses: keep it safe.")
