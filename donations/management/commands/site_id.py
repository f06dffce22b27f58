"""`manage.py site_id`: by which id this site knows its gifts at Stripe, and a new one for a copy."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations.ledger import identity


class Command(BaseCommand):
    help = "Show the site's id. A copy of a database that is to run beside the first one needs --new."

    def add_arguments(self, parser: CommandParser) -> None:
        change = parser.add_mutually_exclusive_group()
        change.add_argument("--new", action="store_true", help="give this database an id of its own")
        change.add_argument("--set", metavar="ID", help="take an id up again, as the metadata of a payment names it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new"]:
                identity.change()
            elif options["set"] is not None:
                identity.change(options["set"])
        except ValidationError as error:
            raise CommandError("A site's id is 32 of the characters 0-9 and a-f. Nothing was changed.") from error
        self.stdout.write(identity.row().site_id)
