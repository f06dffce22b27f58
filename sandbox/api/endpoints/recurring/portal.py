"""The endpoints of the billing portal."""

from __future__ import annotations

from typing import Any

from sandbox.api.endpoints.recurring import portal_params as params
from sandbox.api.expand import expand
from sandbox.api.retrieve import list_found, narrowed, retrieve
from sandbox.engine.recurring import portal
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]


def create_configuration(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/billing_portal/configurations"""
    clean = params.CREATE_CONFIGURATION(raw, "")
    return expand(portal.configure(clean, request).body, clean.get("expand", []))


def retrieve_configuration(raw: Body, request: ApiRequest, configuration_id: str) -> Body:
    """GET /v1/billing_portal/configurations/<id>"""
    return retrieve(portal.CONFIGURATION, configuration_id, raw, "configuration")


def list_configurations(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/billing_portal/configurations"""
    clean = params.LIST_CONFIGURATIONS(raw, "")
    rows = narrowed(portal.CONFIGURATION, clean, "")
    for name in ("active", "is_default"):
        if name in clean:
            rows = rows.filter(**{f"body__{name}": clean[name]})
    return list_found(portal.CONFIGURATION, "billing_portal/configurations", clean, rows)


def create_session(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/billing_portal/sessions"""
    clean = params.CREATE_PORTAL_SESSION(raw, "")
    return expand(portal.open_session(clean, request).body, clean.get("expand", []))
