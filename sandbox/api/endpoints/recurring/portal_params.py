"""Which parameters the endpoints of the billing portal take."""

from __future__ import annotations

from sandbox.api.endpoints.recurring.params import FEEDBACK, or_nothing
from sandbox.api.params import EXPAND, LOCALES, PAGE, left_out
from sandbox.core.validators import boolean, choice, hash_of, list_of, metadata, text, url

_enabled = hash_of({"enabled": boolean}, required=["enabled"])

_features = hash_of(
    {
        "customer_update": hash_of(
            {
                "allowed_updates": list_of(choice(["address", "email", "name", "phone", "shipping", "tax_id"]), 6),
                "enabled": boolean,
            },
            required=["enabled"],
        ),
        "invoice_history": _enabled,
        "payment_method_update": hash_of(
            {**left_out("payment_method_configuration"), "enabled": boolean}, required=["enabled"]
        ),
        "subscription_cancel": hash_of(
            {
                "cancellation_reason": hash_of(
                    {
                        **left_out("feedback_options"),
                        "enabled": boolean,
                        "options": list_of(choice(FEEDBACK), len(FEEDBACK)),
                    },
                    required=["enabled", "options"],
                ),
                "enabled": boolean,
                "mode": choice(["at_period_end", "immediately"]),
                "proration_behavior": choice(["always_invoice", "create_prorations", "none"], supported=["none"]),
            },
            required=["enabled"],
        ),
        "subscription_pause": hash_of({**left_out("duration"), "enabled": boolean}),
        "subscription_update": hash_of(
            {
                **left_out(
                    "billing_cycle_anchor default_allowed_updates products proration_behavior schedule_at_period_end"
                    " trial_update_behavior"
                ),
                "enabled": boolean,
            },
            required=["enabled"],
        ),
    }
)

_configuration = {
    **EXPAND,
    **left_out("login_page"),
    "business_profile": hash_of({"headline": text(60), "privacy_policy_url": url, "terms_of_service_url": url}),
    "default_return_url": or_nothing(url),
    "features": _features,
    "metadata": metadata,
    "name": text(),
}

CREATE_CONFIGURATION = hash_of(_configuration, required=["features"])

LIST_CONFIGURATIONS = hash_of(
    {**{name: rule for name, rule in PAGE.items() if name != "created"}, "active": boolean, "is_default": boolean}
)

_flow_data = hash_of(
    {
        **left_out("subscription_pause subscription_update subscription_update_confirm"),
        "after_completion": hash_of(
            {
                "hosted_confirmation": hash_of({"custom_message": text(500)}),
                "redirect": hash_of({"return_url": url}, required=["return_url"]),
                "type": choice(["hosted_confirmation", "portal_homepage", "redirect"]),
            },
            required=["type"],
        ),
        "subscription_cancel": hash_of({**left_out("retention"), "subscription": text()}, required=["subscription"]),
        "type": choice(
            [
                "customer_update",
                "payment_method_update",
                "subscription_cancel",
                "subscription_pause",
                "subscription_update",
                "subscription_update_confirm",
            ],
            supported=["payment_method_update", "subscription_cancel"],
        ),
    },
    required=["type"],
)

CREATE_PORTAL_SESSION = hash_of(
    {
        **EXPAND,
        **left_out("after_expiration customer_account on_behalf_of"),
        "configuration": text(),
        "customer": text(),
        "flow_data": _flow_data,
        "locale": choice([*LOCALES, "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-SG"]),
        "return_url": url,
    },
    required=["customer"],
)
