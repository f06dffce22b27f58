"""`manage.py stripe_check`: whether Stripe is set up as the site needs it; `--register` makes the webhook endpoint."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations.stripe.account import check, endpoint
from donations.stripe.errors import Refused, StripeUnavailable
from lib.finding import Finding, Level


class Command(BaseCommand):
    help = "Look at the Stripe key and the account behind it. Exits with 1 when something has to be mended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--register", action="store_true", help="first make the webhook endpoint, or put its events right"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["register"]:
            self._register()
        found = check.findings()
        for finding in found:
            self.stdout.write(_line(finding))
        if any(finding.level is Level.ERROR for finding in found):
            sys.exit(1)

    def _register(self) -> None:
        try:
            done = endpoint.register()
        except StripeUnavailable as error:
            raise CommandError("Stripe did not answer. Nothing was registered; run this again.") from error
        except Refused as error:
            raise CommandError(f"{_why(error)} Nothing was registered.") from error
        if not done.made:
            self.stdout.write(f"The endpoint {done.endpoint} gets exactly our events. Its secret stays what it was.")
            return
        self.stdout.write(f"Made the endpoint {done.endpoint} for {endpoint.address()}.")
        self.stdout.write("Its signing secret, which Stripe never shows here again:")
        self.stdout.write(done.secret)
        self.stdout.write(
            "Put it into .env as STRIPE_WEBHOOK_SECRET (beside another one, with a comma, while that still sends), "
            "then start the site again."
        )


def _line(finding: Finding) -> str:
    said = f"{finding.level:<7}  {finding.name}: {finding.message}"
    return f"{said} → {finding.remedy}" if finding.remedy else said


def _why(error: Refused) -> str:
    if error.status == 401:
        return "Stripe does not know this key."
    if error.status == 403:
        return f'The key lacks "{endpoint.PERMISSION}": set it for this once in Stripe\'s dashboard.'
    return f"Stripe does not take {endpoint.address()} ({error.message})"
