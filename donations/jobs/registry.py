"""Work by the clock of the apps that stand above the domain: they leave it here, for the domain does not know them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

SCHEDULE: dict[str, tuple[timedelta, Callable[[], str]]] = {}


def add(name: str, every: timedelta, work: Callable[[], str]) -> None:
    """Housekeeping does `work` this often, and keeps what it says under `name` (at most 40 characters)."""
    SCHEDULE[name] = (every, work)
