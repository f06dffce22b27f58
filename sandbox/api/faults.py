"""The API fails on purpose: it refuses, breaks, or falls silent, before or after it has done what it was asked.

Only Stripe's own calls: neither the pay page nor the control API.
"""

from __future__ import annotations

import random
import threading
import time

from django.http import HttpRequest, HttpResponse

from sandbox.api import idempotency
from sandbox.core.errors import ApiError
from sandbox.models import Behaviour

Fault = Behaviour.Fault

BEFORE = {Fault.TIMEOUT_BEFORE, Fault.RESET_BEFORE}
AFTER = {Fault.TIMEOUT_AFTER, Fault.RESET_AFTER}
_TIMEOUTS = {Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER}

# Fault -> what is answered instead of doing the work.
_REFUSALS = {
    Fault.TOO_MANY: lambda: ApiError(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    ),
    Fault.LOCKED: lambda: ApiError(
        429,
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request. If you see this error frequently and "
        "are making multiple concurrent requests to a single object, make your requests serially or at a lower rate. "
        "For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.",
        code="lock_timeout",
    ),
    # Stripe keeps this answer under the idempotency key, unlike the others.
    Fault.BROKEN: lambda: ApiError(
        500, "An unknown error occurred. Please contact support if it persists.", type="api_error", begun=True
    ),
}


class _Dice:
    """Chance that is the same again for the same seed, as long as nothing else changes in between."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: tuple[object, ...] = ()
        self._random = random.Random()  # noqa: S311  (it is chance that is wanted, not secrecy)

    def hits(self, mood: Behaviour) -> bool:
        rules = (mood.fault, mood.fault_rate, mood.fault_seed)
        with self._lock:
            if rules != self._rules:
                self._rules = rules
                self._random.seed(mood.fault_seed)
            return self._random.random() * 100 < mood.fault_rate


_dice = _Dice()


def strike() -> str:
    """The fault that befalls this call, or the empty string."""
    mood = Behaviour.current()
    return mood.fault if mood.fault and _dice.hits(mood) else ""


def refuse(fault: str, key: str | None) -> None:
    """Answer with an error instead of doing the work, if that is the fault."""
    if fault in _REFUSALS:
        refusal = _REFUSALS[Fault(fault)]()
        raise refusal
    if fault == Fault.CONFLICT and key:
        raise idempotency.in_use(key)


def silence(request: HttpRequest, fault: str) -> HttpResponse:
    """No answer: after a while or at once the connection breaks."""
    if fault in _TIMEOUTS:
        _hold(request, Behaviour.current().fault_seconds)
    # More is promised than is sent, so the server can only close the connection, and the client has no answer.
    response = HttpResponse(content_type="application/json")
    response["Content-Length"] = "1000000"
    return response


def _hold(request: HttpRequest, seconds: int) -> None:
    """Keep the client waiting; a client that has gone frees the thread (where the server can tell)."""
    deadline = time.monotonic() + seconds
    gone = request.META.get("waitress.client_disconnected", lambda: False)
    while time.monotonic() < deadline and not gone():
        time.sleep(0.05)
