"""Wakes this process's delivery threads: they would find the work at the next poll anyway, only later."""

from __future__ import annotations

import threading

_work_due = threading.Event()


def notify() -> None:
    """Something may be due."""
    _work_due.set()


def wait(seconds: float) -> None:
    """Sleep until notified, or until the time is over."""
    if _work_due.wait(seconds):
        _work_due.clear()
