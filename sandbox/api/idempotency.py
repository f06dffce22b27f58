"""Idempotency-Key: the same request twice is one change and one response, as Stripe promises.

The key's row is inserted before the work begins, so of two requests with one key, in whatever process, exactly one
works. The response is written in the work's own transaction: killed before that, nothing was done at all.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from django.db import IntegrityError

from sandbox.core.errors import ApiError
from sandbox.models import IdempotentCall

# Seconds: a request that is still running after this was killed.
ABANDONED_AFTER = 60
EXPIRES_AFTER = 24 * 3600


def fingerprint(path: str, params: dict[str, Any]) -> str:
    """The same for two requests exactly if they are the same."""
    return hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()


def begin(key: str, digest: str, request_id: str) -> IdempotentCall | None:
    """Claim the key (None), or find the response already given under it."""
    if len(key) > 255:
        raise ApiError(400, "Idempotency keys must be 255 characters or less.", type="idempotency_error")
    now = time.time()
    # Looking first keeps the second request from waiting for the first one's write lock: it is told to come back.
    earlier = IdempotentCall.objects.filter(key=key).first()
    if earlier is None:
        try:
            IdempotentCall.objects.create(key=key, fingerprint=digest, started_at=now, request_id=request_id)
            return None
        except IntegrityError:
            earlier = IdempotentCall.objects.get(key=key)
    age = now - earlier.started_at
    if age > EXPIRES_AFTER or (earlier.status is None and age > ABANDONED_AFTER):
        _take_over(earlier, digest, request_id, now)
        return None
    if earlier.fingerprint != digest:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    if earlier.status is None:
        raise in_use(key)
    return earlier


def finish(key: str, status: int, body: str) -> None:
    """Store the response; call it in the transaction that did the work."""
    IdempotentCall.objects.filter(key=key).update(status=status, body=body)


def release(key: str) -> None:
    """Release the key: nothing was done under it."""
    IdempotentCall.objects.filter(key=key, status=None).delete()


def _take_over(earlier: IdempotentCall, digest: str, request_id: str, now: float) -> None:
    same = IdempotentCall.objects.filter(key=earlier.key, started_at=earlier.started_at)
    if not same.update(fingerprint=digest, started_at=now, request_id=request_id, status=None, body=""):
        raise in_use(earlier.key)


def in_use(key: str) -> ApiError:
    """The error for a second request while the first one runs."""
    return ApiError(
        409,
        f"There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later.",
        type="idempotency_error",
        code="idempotency_key_in_use",
    )
