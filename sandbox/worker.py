"""The background threads: they deliver events and run the timers."""

from __future__ import annotations

import logging
import threading
import time

from django.db import connections

from sandbox.engine import timers
from sandbox.models import Event
from sandbox.router import ALIAS
from sandbox.webhooks import sender, wakeup

log = logging.getLogger(__name__)

WORKERS = 4
POLL_INTERVAL = 0.5
# Stripe delays the redirect to the success page for ten seconds; a practice site should not feel slow.
MAX_WAIT = 3.0
# Each wait holds a server thread, and the deliveries that it waits for need threads too.
_waiters = threading.BoundedSemaphore(8)

_lock = threading.Lock()
_stopping = threading.Event()
_threads: list[threading.Thread] = []


def start() -> None:
    """Deliver in daemon threads, what an earlier process left behind first; a second call changes nothing."""
    with _lock:
        if running():
            return
        _stopping.clear()
        _threads[:] = [
            threading.Thread(target=_run, name=f"sandbox-delivery-{number}", daemon=True) for number in range(WORKERS)
        ]
        for thread in _threads:
            thread.start()


def stop() -> None:
    """Finish what is under way and end the threads."""
    with _lock:
        _stopping.set()
        for thread in _threads:
            wakeup.notify()
            thread.join(timeout=sum(sender.TIMEOUT))
        _threads.clear()


def running() -> bool:
    """Whether this process delivers."""
    return any(thread.is_alive() for thread in _threads)


def wait_for_delivery(type: str, about: str) -> None:
    """Give the event a moment to arrive, as Stripe does before it redirects to the success page."""
    if not running() or not _waiters.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + MAX_WAIT
        while time.monotonic() < deadline:
            if Event.objects.filter(type=type, about=about, delivered=True).exists():
                return
            time.sleep(0.02)
    finally:
        _waiters.release()


def _run() -> None:
    try:
        while not _stopping.is_set():
            try:
                timers.run_due()
                if not sender.deliver_next():
                    wakeup.wait(POLL_INTERVAL)
            except Exception:
                # Whatever it was (a full disk, a locked or unmigrated file): the next round may go well.
                log.exception("the sandbox could not deliver")
                connections[ALIAS].close()
                _stopping.wait(POLL_INTERVAL * 4)
    finally:
        connections[ALIAS].close()
