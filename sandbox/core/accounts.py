"""Which account a call is about. All keys open the same one, but those that name another: `sk_test_at_NAME`.

Each account has objects, lists, payouts and idempotency keys of its own, as at Stripe. Webhooks of all of them go to
the one address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

USUAL = ""
_present: ContextVar[str] = ContextVar("account", default=USUAL)


def present() -> str:
    """The name of the account that the call under way is about; the usual one where there is no call."""
    return _present.get()


def stripe_id(name: str) -> str:
    """The id of the account with this name."""
    return f"acct_1{name or 'TheAccountOf'}Sandbox"


@contextmanager
def opened_by(key: str) -> Iterator[None]:
    """What is done within is about the account that this key opens."""
    named = re.fullmatch(r"[sr]k_test_at_([A-Za-z0-9]{1,20})(_.*)?", key)
    token = _present.set(named[1] if named else USUAL)
    try:
        yield
    finally:
        _present.reset(token)
