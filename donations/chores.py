"""One round of background work: what is due is claimed and done.

Called by the server's background thread, and by `manage.py housekeeping` for those who prefer cron. Every claim is a
conditional UPDATE, so several processes may run rounds at once, and one that is killed leaves nothing locked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from donations import healing
from donations.models import Chore, insert_once

log = logging.getLogger(__name__)

CHORES: dict[str, tuple[timedelta, Callable[[], str]]] = {
    "fetch parked events": (timedelta(seconds=5), healing.fetch_parked),
    "ask about open gifts": (timedelta(seconds=30), healing.sweep),
}


def do_due() -> None:
    """Do the chores whose time has come. A chore that fails is logged and comes again at its next time."""
    for name, (every, work) in CHORES.items():
        if not _claim(name, every):
            continue
        try:
            result = work()
        except Exception as error:
            log.exception("chore %r", name)
            result = f"failed: {type(error).__name__}"
        Chore.objects.filter(pk=name).update(result=result[:200])


def _claim(name: str, every: timedelta) -> bool:
    now = timezone.now()
    # Looking first keeps an idle site from taking the write lock every few seconds.
    if not Chore.objects.filter(pk=name, due_at__gt=now).exists():
        insert_once(Chore(name=name, due_at=now))
        return bool(Chore.objects.filter(pk=name, due_at__lte=now).update(due_at=now + every))
    return False
