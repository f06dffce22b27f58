"""`manage.py drop_practice`: the practice gifts go, the site stays, and the database is one of real money."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from donations.ledger import practice

LIVE = "This database is of real money: nothing was removed, and never will be."


class Command(BaseCommand):
    help = "Remove every practice gift and all that came of it for good; the database then takes real gifts only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            practice.refuse_live()
            self._tell(practice.counts())
            if not options["yes"] and not self._agreed():
                raise CommandError("Nothing was removed.")
            practice.drop()
        except practice.NotPractice as error:
            raise CommandError(LIVE) from error
        except DatabaseError as error:
            raise CommandError(f"The database did not do it ({error}). Nothing was removed.") from error
        try:
            practice.tidy()
        except DatabaseError as error:
            # Somebody else reads it at this moment. The rows are gone and overwritten; only the file is not smaller.
            self.stdout.write(f"The file could not be rewritten ({error}): run VACUUM on it when nothing else uses it.")
        self.stdout.write("The practice is gone. This database takes real gifts from now on: start it with a live key.")

    def _tell(self, counts: dict[str, int]) -> None:
        self.stdout.write("For good, this will remove:")
        for name, count in counts.items():
            self.stdout.write(f"  {name}: {count}")
        if not counts:
            self.stdout.write("  nothing: there has been no practice gift.")
        self.stdout.write(
            "Receipt numbers begin at 1 again. Kept: the organisation, levels of sponsors, sponsoring organisations, "
            "accounts. Stop the site first."
        )

    def _agreed(self) -> bool:
        try:
            return input("Type yes to remove it: ").strip().lower() == "yes"
        except EOFError:
            raise CommandError("Nothing was removed: there is nobody to ask. Say --yes.") from None
