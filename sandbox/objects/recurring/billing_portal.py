"""The billing portal's objects: what it lets customers do, and one visit of a customer."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids


def configuration(params: dict[str, Any], *, created: int, is_default: bool) -> dict[str, Any]:
    """What the portal offers."""
    features, profile = params["features"], params.get("business_profile", {})
    cancel, pause = features.get("subscription_cancel", {}), features.get("subscription_pause", {})
    why = cancel.get("cancellation_reason", {})
    update = features.get("subscription_update", {})
    return {
        "id": ids.new("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            name: profile.get(name) for name in ("headline", "privacy_policy_url", "terms_of_service_url")
        },
        "created": created,
        "default_return_url": params.get("default_return_url"),
        "features": {
            "customer_update": {
                "allowed_updates": features.get("customer_update", {}).get("allowed_updates", []),
                "enabled": features.get("customer_update", {}).get("enabled", False),
            },
            "invoice_history": {"enabled": features.get("invoice_history", {}).get("enabled", False)},
            "payment_method_update": {
                "enabled": features.get("payment_method_update", {}).get("enabled", False),
                "payment_method_configuration": None,
            },
            "subscription_cancel": {
                "cancellation_reason": {
                    "enabled": why.get("enabled", False),
                    "feedback_options": None,
                    "options": why.get("options", []),
                },
                "enabled": cancel.get("enabled", False),
                "mode": cancel.get("mode", "at_period_end"),
                "proration_behavior": "none",
            },
            "subscription_pause": {
                "duration": {"interval_options": [], "type": "indefinite"},
                "enabled": pause.get("enabled", False),
            },
            "subscription_update": {
                "billing_cycle_anchor": None,
                "default_allowed_updates": [],
                "enabled": update.get("enabled", False),
                "products": None,
                "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
        "updated": created,
    }


def session(
    params: dict[str, Any], *, created: int, configuration: str, url: str, return_url: str | None
) -> dict[str, Any]:
    """A visit, which may lead straight to one thing to do (`flow_data`)."""
    return {
        "id": ids.new("bps"),
        "object": "billing_portal.session",
        "after_expiration": None,
        "configuration": configuration,
        "created": created,
        "customer": params["customer"],
        "customer_account": None,
        "flow": _flow(params.get("flow_data"), return_url),
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": return_url,
        "url": url,
    }


def _flow(data: dict[str, Any] | None, return_url: str | None) -> dict[str, Any] | None:
    if data is None:
        return None
    after = data.get("after_completion", {"type": "portal_homepage"})
    cancel = data.get("subscription_cancel")
    return {
        "after_completion": {
            "hosted_confirmation": {"custom_message": after.get("hosted_confirmation", {}).get("custom_message")}
            if after["type"] == "hosted_confirmation"
            else None,
            "redirect": {"return_url": after.get("redirect", {}).get("return_url", return_url)}
            if after["type"] == "redirect"
            else None,
            "type": after["type"],
        },
        "customer_update": None,
        "subscription_cancel": cancel and {"retention": None, "subscription": cancel["subscription"]},
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": data["type"],
    }
