"""The threads that deliver events and let time pass: sessions expire, bank payments settle."""

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
POLL = 0.5
# Real Stripe holds the donor back for ten seconds; a practice site should not feel slow.
PATIENCE = 3.0
# Donors who wait hold a server thread each, and the deliveries they wait for need threads too.
_waiting = threading.BoundedSemaphore(8)

_lock = threading.Lock()
_quit = threading.Event()
_threads: list[threading.Thread] = []


def start() -> None:
    """Begin to deliver in daemon threads, the deliveries of an earlier life first; a second call changes nothing."""
    with _lock:
        if running():
            return
        _quit.clear()
        _threads[:] = [
            threading.Thread(target=_work, name=f"sandbox-delivery-{number}", daemon=True) for number in range(WORKERS)
        ]
        for thread in _threads:
            thread.start()


def stop() -> None:
    """Finish what is under way and end the threads."""
    with _lock:
        _quit.set()
        for thread in _threads:
            wakeup.ring()
            thread.join(timeout=sum(sender.TIMEOUT))
        _threads.clear()


def running() -> bool:
    """Whether this process delivers."""
    return any(thread.is_alive() for thread in _threads)


def wait_for(type: str, about: str) -> None:
    """Give the event a moment to arrive, as Stripe does before it sends the donor back."""
    if not running() or not _waiting.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if Event.objects.filter(type=type, about=about, delivered=True).exists():
                return
            time.sleep(0.02)
    finally:
        _waiting.release()


def _work() -> None:
    try:
        while not _quit.is_set():
            try:
                timers.run_due()
                if not sender.send_one():
                    wakeup.wait(POLL)
            except Exception:
                # Whatever it was (a full disk, a locked or unmigrated file): the next round may go well.
                log.exception("the sandbox could not deliver")
                connections[ALIAS].close()
                _quit.wait(POLL * 4)
    finally:
        connections[ALIAS].close()
