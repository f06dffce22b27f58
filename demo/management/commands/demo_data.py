"""`manage.py demo_data`: a believable organisation to look at, on a practice site only."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from demo import setting, story, writing
from donations.ledger import mode


class Command(BaseCommand):
    help = (
        "Fill a practice site with an organisation and the gifts of some years; the books agree with the sandbox's. "
        "Sends no letters."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--years", type=int, default=2, choices=range(1, 11), metavar="1-10")
        parser.add_argument("--seed", type=int, default=None, help="the same number gives the same story")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX or settings.STRIPE_LIVE or not settings.STRIPE_API_BASE.endswith("/sandbox"):
            raise CommandError("Only a practice site, with the sandbox inside it (SANDBOX=true), takes demo data.")
        try:
            mode.hold()
        except mode.WrongMode as error:
            raise CommandError(str(error)) from error
        if writing.real_gifts():
            raise CommandError("This database holds real gifts. Nothing was written.")
        chance = random.Random(options["seed"])
        now = timezone.localtime()
        start = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=365 * options["years"])
        tale = [*story.gifts(chance, start, now), story.disputed(chance, now)]
        tale.sort(key=lambda gift: gift.at)
        self.stdout.write(f"Writing {len(tale)} gifts: some seconds for each thousand …")
        made = writing.write(tale, chance, self._tell)
        if setting.describe():
            self._tell("an organisation with a goal")
        told = ", ".join(f"{count} {fate.replace('_', ' ')}" for fate, count in made.most_common())
        self.stdout.write(f"{made.total()} gifts since {start:%Y-%m-%d}: {told}.")

    def _tell(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
