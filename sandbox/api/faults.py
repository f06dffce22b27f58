"""Fault injection: the API answers with an error, times out or resets, before or after it has done the work.

Only Stripe's own endpoints: neither the payment page nor the control API.
"""

from __future__ import annotations

import random
import threading
import time

from django.http import HttpRequest, HttpResponse

from sandbox.api import connection, idempotency
from sandbox.core.errors import ApiError
from sandbox.models import Behaviour

Fault = Behaviour.Fault

BEFORE = {Fault.TIMEOUT_BEFORE, Fault.RESET_BEFORE}
AFTER = {Fault.TIMEOUT_AFTER, Fault.RESET_AFTER}
_TIMEOUTS = {Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER}

# Fault -> the error that is answered instead of doing the work.
_ERRORS = {
    Fault.RATE_LIMIT: lambda: ApiError(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    ),
    Fault.LOCK_TIMEOUT: lambda: ApiError(
        429,
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request. If you see this error frequently and "
        "are making multiple concurrent requests to a single object, make your requests serially or at a lower rate. "
        "For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.",
        code="lock_timeout",
    ),
    # Stripe keeps this response under the idempotency key, unlike the others.
    Fault.API_ERROR: lambda: ApiError(
        500,
        "An unknown error occurred. Please contact support if it persists.",
        type="api_error",
        execution_started=True,
    ),
}


class _Sampler:
    """Selects a share of the requests: the same ones again for the same seed, unless other settings change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settings: tuple[object, ...] = ()
        self._random = random.Random()  # noqa: S311  (not for secrets)

    def selects(self, behaviour: Behaviour) -> bool:
        settings = (behaviour.fault, behaviour.fault_calls, behaviour.fault_rate, behaviour.fault_seed)
        with self._lock:
            if settings != self._settings:
                self._settings = settings
                self._random.seed(behaviour.fault_seed)
            return self._random.random() * 100 < behaviour.fault_rate


_sampler = _Sampler()


def inject_fault(call: str) -> str:
    """The fault for this call ("POST refunds"), or the empty string."""
    behaviour = Behaviour.current()
    if not behaviour.fault or not call.startswith(behaviour.fault_calls):
        return ""
    return behaviour.fault if _sampler.selects(behaviour) else ""


def raise_error(fault: str, key: str | None) -> None:
    """Raise the error that is the fault, if it is one."""
    if fault in _ERRORS:
        error = _ERRORS[Fault(fault)]()
        raise error
    if fault == Fault.CONFLICT and key:
        raise idempotency.in_use(key)


def drop(request: HttpRequest, fault: str) -> HttpResponse:
    """No response: the connection is reset, at once or after the time-out."""
    if fault in _TIMEOUTS:
        _stall(request, Behaviour.current().fault_seconds)
    # A client that is still sending would see a broken pipe, not a reset.
    request.read()
    response = HttpResponse(content_type="application/json")
    if not connection.reset(request.META):
        # More is promised than is sent: a server that hides its socket can only close it, and the client has nothing.
        response["Content-Length"] = "1000000"
    return response


def _stall(request: HttpRequest, seconds: int) -> None:
    """Keep the client waiting; a client that has disconnected frees the thread (where the server can tell)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not connection.disconnected(request.META):
        time.sleep(0.05)
