"""`manage.py verify_books`: the ledger against Stripe's own book, to the cent."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations.jobs import scheduler
from donations.jobs.registry import Result
from donations.management import mode
from donations.management.since import since_date
from donations.reporting import reconciliation
from donations.stripe import balance_transactions, polling
from donations.stripe.errors import Refused, StripeUnavailable, in_words
from donations.stripe.recurring import polling as recurring
from donations.stripe.recurring import unbooked


class Command(BaseCommand):
    help = "Compare the ledger with Stripe's balance transactions, both ways. Exits with 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=since_date, help="a day, like 2026-01-31 (default: from the beginning)")

    def handle(self, *args: Any, **options: Any) -> None:
        mode.hold()
        try:
            while recurring.poll_invoices():
                pass
            balance_transactions.mirror(options["since"], patient=True)
            with_bank = polling.still_with_bank(reconciliation.open_debits(options["since"]), patient=True)
            missed = unbooked.paid_since(options["since"])
        except (StripeUnavailable, Refused) as error:
            raise CommandError(f"{in_words(error)}. Nothing was compared.") from error
        result = reconciliation.reconcile(options["since"], with_bank, missed)
        if options["since"] is None:
            scheduler.store_result(scheduler.RECONCILE, Result(str(result), result.as_data()))
        self.stdout.write(str(result))
        self.stdout.write("The books agree." if result.agree else "The books do NOT agree.")
        if not result.agree:
            sys.exit(1)
