"""The event object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids


def build(
    type: str,
    snapshot: dict[str, Any],
    *,
    created: int,
    api_version: str,
    request_id: str | None,
    idempotency_key: str | None,
    previous: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An event about the snapshot; `previous` is what an update overwrote."""
    data = {"object": snapshot}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": ids.new("evt"),
        "object": "event",
        "api_version": api_version,
        "created": created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": type,
    }
