"""`manage.py housekeeping`: one round of the background work, for those who prefer cron to the server's own thread."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from donations.jobs import scheduler
from donations.management import mode


class Command(BaseCommand):
    help = "Do one round of the background work that is due."

    def handle(self, *args: Any, **options: Any) -> None:
        mode.hold()
        scheduler.run_due()
