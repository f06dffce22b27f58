"""Patience with a Stripe that is busy: for commands and jobs, never while a donor waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from donations.stripe.errors import StripeUnavailable

PAUSES = (1.0, 2.0, 4.0)  # seconds between tries
Answer = TypeVar("Answer")


def with_retries(call: Callable[[], Answer]) -> Answer:
    """Make a call, and again after some seconds when Stripe is busy: for commands. Raises what the call raises."""
    for pause in PAUSES:
        try:
            return call()
        except StripeUnavailable:
            time.sleep(pause)
    return call()
