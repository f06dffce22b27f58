"""Stripe as the journeys know it: the sandbox, by its HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

SECRET = "whsec_of_the_journeys"
KEY = "sk_test_journeys"


@dataclass(frozen=True)
class StripeSide:
    """`address` is the API's, without /v1."""

    address: str

    def sessions(self) -> list[dict[str, Any]]:
        return self._list("checkout/sessions")

    def events(self, **narrowed: str) -> list[dict[str, Any]]:
        return self._list("events", **narrowed)

    def undelivered(self) -> list[str]:
        return [event["id"] for event in self.events(delivery_success="false")]

    def behave(self, **mood: Any) -> None:
        """Deliver late or not at all, in another release, …"""
        self._call("POST", "test_helpers/sandbox", data=mood)

    def resend(self, **chosen: str) -> None:
        """Deliver again: `event="evt_…"` or `all="true"`."""
        self._call("POST", "test_helpers/sandbox/resend", data=chosen)

    def _list(self, path: str, **params: str) -> list[dict[str, Any]]:
        listed = self._call("GET", path, params={"limit": "100"} | params)
        assert not listed["has_more"], "more than a page: these tests do not turn it"
        return list(listed["data"])

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = requests.request(method, f"{self.address}/v1/{path}", headers=headers, timeout=20, **request)
        answer.raise_for_status()
        return dict(answer.json())
