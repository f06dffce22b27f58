"""`manage.py verify_books`: the ledger against Stripe's own book, to the cent."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations.jobs import scheduler
from donations.management.since import since_date
from donations.reporting import reconciliation
from donations.stripe import balance_transactions, client


class Command(BaseCommand):
    help = "Compare the ledger with Stripe's balance transactions, both ways. Exits with 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=since_date, help="a day, like 2026-01-31 (default: from the beginning)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            balance_transactions.update(options["since"], patient=True)
        except (client.NoAnswer, client.Refused) as error:
            raise CommandError(f"Stripe did not answer ({error}). Nothing was compared; run this again.") from error
        verdict = reconciliation.verify(options["since"])
        if options["since"] is None:
            scheduler.remember(scheduler.VERIFY, str(verdict))
        self.stdout.write(str(verdict))
        self.stdout.write("The books agree." if verdict.agree else "The books do NOT agree.")
        if not verdict.agree:
            sys.exit(1)
