"""The id of the request that is being answered, so that all that it logs can be found together."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-ID"
# What a proxy may hand on: nothing that could forge a log line.
FORM = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Empty outside of a request."""
    return _current.get()


@contextmanager
def answering(given: str = "") -> Iterator[str]:
    """Everything within belongs to one request: by the id that a proxy gave, or else by a new one."""
    token = _current.set(given if FORM.fullmatch(given) else secrets.token_hex(8))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
