"""The API releases that the stand-in supports, and how an old one shapes the same object."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.core import store
from sandbox.models import Record

CURRENT = "2026-10-28.endive"

_API_VERSIONS = {
    "": CURRENT,
    "dahlia": "2026-03-25.dahlia",
    "clover": "2025-09-30.clover",
    "basil": "2025-03-31.basil",
    "acacia": "2024-09-30.acacia",
}


def api_version(release: str) -> str:
    """The dated version of a release's name; "" is the current one."""
    return _API_VERSIONS[release]


def snapshot(body: dict[str, Any], release: str) -> dict[str, Any]:
    """A frozen copy of the object, in the shape of the release.

    The shapes that Stripe has really left behind (a session that lists its items and has no total, an intent
    that lists its charges) stand for every old shape: whoever reads one with today's eyes must notice.
    """
    frozen = copy.deepcopy(body)
    if not release:
        return frozen
    if release == "acacia":
        _before_basil(frozen)
    if frozen["object"] == "checkout.session":
        frozen["display_items"] = [
            {"amount": frozen.pop("amount_total"), "currency": frozen["currency"], "quantity": 1}
        ]
        del frozen["payment_status"], frozen["status"]
    elif frozen["object"] == "payment_intent":
        charge = frozen.pop("latest_charge")
        frozen["charges"] = {"object": "list", "data": [charge] if charge else [], "has_more": False}
        del frozen["amount_received"]
    elif frozen["object"] == "charge":
        frozen["refunds"] = {"object": "list", "data": [], "has_more": False}
        del frozen["amount_captured"]
    return frozen


def _before_basil(body: dict[str, Any]) -> None:
    """What 2025-03-31.basil has moved stands where it stood: https://docs.stripe.com/changelog/basil"""
    if body["object"] == "subscription":
        item = body["items"]["data"][0]
        for name in ("current_period_end", "current_period_start"):
            body[name] = item.pop(name)
    elif body["object"] == "invoice":
        details = body.pop("parent")["subscription_details"]
        body |= {"paid": body["status"] == "paid", "subscription": details["subscription"]}
        body["subscription_details"] = {"metadata": details["metadata"]}
        payment = Record.objects.filter(kind="invoice_payment", invoice=body["id"]).first()
        body["payment_intent"] = payment.payment_intent if payment else None
        intent = store.find("payment_intent", payment.payment_intent) if payment else None
        body["charge"] = intent.body["latest_charge"] if intent else None
    elif body["object"] in {"payment_intent", "charge"}:
        paid = store.invoice_of(body["id"] if body["object"] == "payment_intent" else body["payment_intent"] or "")
        body["invoice"] = paid.stripe_id if paid else None
