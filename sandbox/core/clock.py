"""The stand-in's time. An operator can move it forward, and everything that "Stripe" dates follows.

Webhooks and idempotency keys keep the machine's time: they are about two programs that talk to each other now.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sandbox.models import Behaviour

_standing: ContextVar[float | None] = ContextVar("standing", default=None)


def offset() -> int:
    """How many seconds the clock is ahead of the machine's."""
    return Behaviour.objects.values_list("clock_offset", flat=True).first() or 0


def now() -> float:
    """Seconds since the epoch by the moved clock."""
    standing = _standing.get()
    return time.time() + offset() if standing is None else standing


def timestamp() -> int:
    """The present second, as Stripe's objects carry it."""
    return int(now())


@contextmanager
def standing_at(moment: float) -> Iterator[None]:
    """What is done within happens at this moment: a timer that was due then, however late it is run."""
    token = _standing.set(moment)
    try:
        yield
    finally:
        _standing.reset(token)
