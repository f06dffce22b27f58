"""The webhook_endpoint object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids


def build(params: dict[str, Any], *, created: int) -> dict[str, Any]:
    """An endpoint as it is listed; its secret is shown once, by who made it."""
    return {
        "id": ids.new("we"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": created,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "status": "enabled",
        "url": params["url"],
    }
