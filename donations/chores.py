"""One round of background work.

Called by the server's background thread, and by `manage.py housekeeping` for those who prefer cron. Each piece of work
claims its rows by a conditional UPDATE, so several processes may do rounds at once, a killed one leaves nothing locked,
and a round with nothing to do writes nothing.
"""

from __future__ import annotations

import logging

from donations import healing

log = logging.getLogger(__name__)

CHORES = (healing.fetch_parked, healing.sweep)


def do_due() -> None:
    """Do what is due. A chore that fails is logged, keeps none of the others from their turn, and comes again."""
    for chore in CHORES:
        try:
            done = chore()
        except Exception:
            log.exception("chore %s failed", chore.__name__)
        else:
            if done:
                log.info("%s: %d", chore.__name__, done)
