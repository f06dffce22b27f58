"""The calls about the account itself, which no gift needs. They raise StripeUnavailable or Refused."""

from __future__ import annotations

from typing import Any

from donations.stripe import client

Endpoint = dict[str, Any]


def account() -> dict[str, Any]:
    """The account that the key opens."""
    with client.connected() as services:
        return client.as_dict(services.accounts.retrieve_current())


def close(session: str) -> None:
    """Close a checkout session that nobody shall pay."""
    with client.connected() as services:
        services.checkout.sessions.expire(session)


def webhook_endpoints() -> list[Endpoint]:
    """The account's webhook endpoints; Stripe allows 16 at most."""
    with client.connected() as services:
        return list(client.as_dict(services.webhook_endpoints.list({"limit": 100}))["data"])


def create_webhook_endpoint(url: str, events: list[str], release: str, description: str) -> Endpoint:
    """A new endpoint. Its `secret` is told here and never again."""
    params = {"url": url, "enabled_events": events, "api_version": release, "description": description}
    with client.connected() as services:
        return client.as_dict(services.webhook_endpoints.create(params))


def update_webhook_endpoint(endpoint: str, events: list[str]) -> Endpoint:
    """Enable an endpoint, for these events."""
    with client.connected() as services:
        params = {"enabled_events": events, "disabled": False}
        return client.as_dict(services.webhook_endpoints.update(endpoint, params))
