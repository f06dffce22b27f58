"""The thread that does the jobs while the site serves. Killed at any moment, it leaves nothing half claimed."""

from __future__ import annotations

import logging
import os
import signal
import threading

from django.db import close_old_connections

from donations.jobs import scheduler
from donations.ledger import mode

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds between two looks at what is due
AFTER_FAILURE = 15.0  # seconds; the database may be away


def start() -> threading.Thread:
    """Start the thread. It is a daemon: the process may end at any time without asking it."""
    thread = threading.Thread(target=_run, name="jobs", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    pause = threading.Event()
    while True:
        delay = EVERY
        try:
            close_old_connections()
            mode.hold()
            scheduler.run_due()
        except mode.WrongMode as error:
            # The practice was dropped under a server that runs with a test key, or the database came late. Nothing more
            # may be booked: the process ends as an operator would end it, and its next start says why.
            log.critical("%s", error)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        except Exception:
            log.exception("a round of jobs failed")
            delay = AFTER_FAILURE
        pause.wait(delay)
