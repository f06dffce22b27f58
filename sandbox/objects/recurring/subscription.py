"""The subscription object and the one item that it holds."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids

NO_CANCELLATION: dict[str, None] = dict.fromkeys(("comment", "feedback", "reason"))


def build(
    customer: str,
    price: dict[str, Any],
    quantity: int,
    *,
    created: int,
    period_end: int,
    payment_method: str | None,
    metadata: dict[str, str],
    description: str | None,
) -> dict[str, Any]:
    """A subscription whose first invoice is not paid yet."""
    id = ids.new("sub")
    return {
        "id": id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": created,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {**NO_CANCELLATION},
        "collection_method": "charge_automatically",
        "created": created,
        "currency": price["currency"],
        "customer": customer,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": payment_method,
        "default_source": None,
        "default_tax_rates": [],
        "description": description,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": [_item(id, price, quantity, created=created, period_end=period_end)],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": metadata,
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": {
                **dict.fromkeys(
                    "acss_debit bancontact customer_balance konbini payto pix sepa_debit upi us_bank_account".split()
                ),
                "card": {"network": None, "request_three_d_secure": "automatic"},
            },
            "payment_method_types": ["card"],
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": created,
        "status": "incomplete",
        "status_details": None,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def with_item(body: dict[str, Any], **new: Any) -> dict[str, Any]:
    """The subscription's items, with these values of its one item."""
    item = {**body["items"]["data"][0], **new}
    if "price" in new:
        item["plan"] = plan(new["price"])
    return {**body["items"], "data": [item]}


def item_of(body: dict[str, Any]) -> dict[str, Any]:
    """The one item."""
    found: dict[str, Any] = body["items"]["data"][0]
    return found


def amount_of(body: dict[str, Any]) -> int:
    """What a period costs, in minor units."""
    item = item_of(body)
    return int(item["price"]["unit_amount"] * item["quantity"])


def every(body: dict[str, Any]) -> str:
    """How often it is paid, in words: "month", "3 months"."""
    return in_words(item_of(body)["price"]["recurring"])


def in_words(recurring: dict[str, Any]) -> str:
    """A price's interval: "month", "3 months"."""
    interval, count = str(recurring["interval"]), recurring["interval_count"]
    return interval if count == 1 else f"{count} {interval}s"


def _item(subscription: str, price: dict[str, Any], quantity: int, *, created: int, period_end: int) -> dict[str, Any]:
    return {
        "id": ids.new("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": created,
        "current_period_end": period_end,
        "current_period_start": created,
        "discounts": [],
        "metadata": {},
        "plan": plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def plan(price: dict[str, Any]) -> dict[str, Any]:
    """The price under the name and in the shape that it had before there were prices."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
