"""Idempotency-Key: the same request twice is one change and one answer, as Stripe promises.

The key's row is inserted before the work begins, so of two requests with one key, in whatever process, exactly one
works. The answer is written in the work's own transaction: killed before that, nothing was done at all.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from django.db import IntegrityError

from sandbox.core.errors import ApiError
from sandbox.models import IdempotentCall

# A request that is still running after this was killed.
STALE = 60
FORGOTTEN = 24 * 3600


def fingerprint(path: str, params: dict[str, Any]) -> str:
    """What two requests must share to be the same."""
    return hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()


def begin(key: str, mark: str, request_id: str) -> IdempotentCall | None:
    """Claim the key (None), or find the answer already given under it."""
    if len(key) > 255:
        raise ApiError(400, "Idempotency keys must be 255 characters or less.", type="idempotency_error")
    now = time.time()
    # Looking first keeps the second request from waiting for the first one's write lock: it is told to come back.
    earlier = IdempotentCall.objects.filter(key=key).first()
    if earlier is None:
        try:
            IdempotentCall.objects.create(key=key, fingerprint=mark, started_at=now, request_id=request_id)
            return None
        except IntegrityError:
            earlier = IdempotentCall.objects.get(key=key)
    if earlier.started_at < now - FORGOTTEN or (earlier.status is None and earlier.started_at < now - STALE):
        _take_over(earlier, mark, request_id, now)
        return None
    if earlier.fingerprint != mark:
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
    """Keep the answer; call it in the transaction that did the work."""
    IdempotentCall.objects.filter(key=key).update(status=status, body=body)


def release(key: str) -> None:
    """Forget the key: nothing was done under it."""
    IdempotentCall.objects.filter(key=key, status=None).delete()


def _take_over(earlier: IdempotentCall, mark: str, request_id: str, now: float) -> None:
    same = IdempotentCall.objects.filter(key=earlier.key, started_at=earlier.started_at)
    if not same.update(fingerprint=mark, started_at=now, request_id=request_id, status=None, body=""):
        raise in_use(earlier.key)


def in_use(key: str) -> ApiError:
    """The answer to a second request while the first one runs."""
    return ApiError(
        409,
        f"There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later.",
        type="idempotency_error",
        code="idempotency_key_in_use",
    )
