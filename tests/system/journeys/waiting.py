"""Waiting without sleeping longer than needed: short looks until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Within:
    """`soon = Within(60)`: all that is awaited by `soon.see(…)` has to come true before the same deadline."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds

    def see(self, look: Callable[[], Found], what: str) -> Found:
        """What `look` returns, as soon as that is true."""
        while not (found := look()):
            assert time.monotonic() < self.deadline, f"not within {self.seconds} s: {what}"
            time.sleep(0.05)
        return found
