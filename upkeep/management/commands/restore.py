"""`manage.py restore SOURCE`: a backup in the place of the database, and what to do then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from upkeep.backup import restoring
from upkeep.backup.errors import BackupError


class Command(BaseCommand):
    help = "Put a backup in the place of the database. Stop the site first."
    # Of the database that is to be replaced: what the checks would say of it does not matter.
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="a file that manage.py backup made")
        parser.add_argument("--replace", action="store_true", help="also over a database that holds something")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restoring.restore(options["source"], replace=options["replace"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = done.manifest.rows
        self.stdout.write(
            f"Restored the backup of {done.manifest.when:%Y-%m-%d %H:%M} UTC: {rows['donations_donation']} gifts, "
            f"{rows['donations_ledgerentry']} ledger rows, {rows['accounts_user']} accounts."
        )
        if done.aside:
            self.stdout.write(f"The database of before is kept as {done.aside}: delete it when all is well.")
        # A payment may be days younger than the session that led to it, and a refund than its payment.
        since = done.manifest.when - timedelta(days=2)
        self.stdout.write("Then fetch from Stripe what came since, and prove the books:")
        self.stdout.write(f"  manage.py reconcile --since {since:%Y-%m-%d}")
        self.stdout.write("  manage.py verify_books")
