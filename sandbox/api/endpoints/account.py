"""The endpoints of the account itself and of the webhook endpoints that it registered.

The stand-in keeps registered endpoints and sends them nothing: it delivers to one address, like `stripe listen`.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sandbox.api import params
from sandbox.api.retrieve import list_objects, retrieve
from sandbox.core import clock, errors, ids, store
from sandbox.models import Behaviour
from sandbox.objects import account, webhook_endpoint
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]

KIND = "webhook_endpoint"


def retrieve_account(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/account"""
    params.RETRIEVE(raw, "")
    return account.build(Behaviour.current().settlement or "usd")


def create_webhook_endpoint(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/webhook_endpoints: the only answer that shows the signing secret."""
    clean = params.CREATE_WEBHOOK_ENDPOINT(raw, "")
    _check_reachable(clean["url"])
    made = store.add(webhook_endpoint.build(clean, created=clock.timestamp()))
    return {**made.body, "secret": ids.webhook_secret()}


def retrieve_webhook_endpoint(raw: Body, request: ApiRequest, endpoint_id: str) -> Body:
    """GET /v1/webhook_endpoints/<id>"""
    return retrieve(KIND, endpoint_id, raw, "webhook_endpoint")


def list_webhook_endpoints(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/webhook_endpoints"""
    return list_objects(KIND, "webhook_endpoints", params.LIST_WEBHOOK_ENDPOINTS, raw)


def update_webhook_endpoint(raw: Body, request: ApiRequest, endpoint_id: str) -> Body:
    """POST /v1/webhook_endpoints/<id>: all but its API version, which stays what it was made with."""
    clean = params.UPDATE_WEBHOOK_ENDPOINT(raw, "")
    record = store.require(KIND, endpoint_id, "webhook_endpoint")
    if "url" in clean:
        _check_reachable(clean["url"])
    if "disabled" in clean:
        clean["status"] = "disabled" if clean.pop("disabled") else "enabled"
    store.update(record, **clean)
    return record.body


def _check_reachable(url: str) -> None:
    host = urlsplit(url).hostname or ""
    try:
        private = not ip_address(host).is_global
    except ValueError:
        private = "." not in host or host.endswith((".localhost", ".local", ".internal"))
    if private:
        message = (
            "Invalid URL: URL must be publicly accessible. Consider using a tool like the Stripe CLI to test webhooks "
            "locally."
        )
        raise errors.parameter_invalid(message, "url", "url_invalid")
