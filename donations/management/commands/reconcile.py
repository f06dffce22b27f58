"""`manage.py reconcile`: bring the site to Stripe's state, whatever was missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from donations.management import mode
from donations.management.since import since_date
from donations.stripe import resync

USUAL = timedelta(days=35)


class Command(BaseCommand):
    help = "Ask Stripe about every open gift, and about all that was made there; book what is missing here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=since_date, help="a day, like 2026-01-31 (default: 35 days ago)")

    def handle(self, *args: Any, **options: Any) -> None:
        mode.hold()
        since = options["since"] or timezone.now() - USUAL
        result = resync.run(since)
        self.stdout.write(
            f"Since {since:%Y-%m-%d}: {result.looked_at} objects of ours looked at; {result.rebuilt} gifts rebuilt, "
            f"{result.changed} changed, {result.rows} ledger rows added, {result.events} events settled, "
            f"{result.mirrored} balance transactions added"
            + (f", {result.months} months' totals put right." if result.months else ".")
        )
        if result.stopped:
            raise CommandError(f"{result.stopped}. What was booked stays.")
        if result.troubles:
            raise CommandError("These could not be looked at:\n" + "\n".join(result.troubles))
