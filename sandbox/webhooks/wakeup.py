"""Rouses this process's delivery threads: they would find the work at the next poll anyway, only later."""

from __future__ import annotations

import threading

_bell = threading.Event()


def ring() -> None:
    """Something may be due."""
    _bell.set()


def wait(seconds: float) -> None:
    """Sleep until rung or until the time is over."""
    if _bell.wait(seconds):
        _bell.clear()
