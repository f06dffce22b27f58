"""Which parameters each endpoint takes. A name that is not here does not exist at Stripe either."""

from __future__ import annotations

from typing import Any

from sandbox.core.currencies import MAXIMUM
from sandbox.core.validators import (
    Validator,
    boolean,
    choice,
    currency,
    descriptor_suffix,
    email,
    hash_of,
    integer,
    list_of,
    metadata,
    text,
    unsupported,
    url,
)

MAX_TIMESTAMP = 10**12


def left_out(names: str) -> dict[str, Validator]:
    """Parameters of Stripe's that the stand-in does not play."""
    return dict.fromkeys(names.split(), unsupported)


EXPAND = {"expand": list_of(text(), 20)}

RECURRING = hash_of(
    {"interval": choice(["day", "month", "week", "year"]), "interval_count": integer(1, 156)}, required=["interval"]
)

_price_data = hash_of(
    {
        **left_out("tax_behavior unit_amount_decimal"),
        "currency": currency,
        "product": text(),
        "recurring": RECURRING,
        "product_data": hash_of(
            {
                **left_out("images tax_code tax_details unit_label"),
                "description": text(),
                "metadata": metadata,
                "name": text(),
            },
            required=["name"],
        ),
        "unit_amount": integer(0, MAXIMUM),
    },
    required=["currency"],
)

_line_item = hash_of(
    {
        **left_out("adjustable_quantity tax_rates"),
        "metadata": metadata,
        "price": text(),
        "price_data": _price_data,
        "quantity": integer(1, 999_999),
    }
)

ADDRESS = hash_of(dict.fromkeys("city country line1 line2 postal_code state".split(), text()))

SHIPPING = hash_of(
    {"address": ADDRESS, "carrier": text(), "name": text(), "phone": text(), "tracking_number": text()},
    required=["address", "name"],
)

_payment_intent_data = hash_of(
    {
        **left_out(
            "application_fee_amount on_behalf_of setup_future_usage statement_descriptor transfer_data transfer_group"
        ),
        "capture_method": choice(
            ["automatic", "automatic_async", "manual"], supported=["automatic", "automatic_async"]
        ),
        "description": text(1000),
        "metadata": metadata,
        "receipt_email": email,
        "shipping": SHIPPING,
        "statement_descriptor_suffix": descriptor_suffix,
    }
)

_subscription_data = hash_of(
    {
        **left_out(
            "application_fee_percent billing_cycle_anchor billing_cycle_anchor_config default_tax_rates"
            " invoice_settings on_behalf_of pending_invoice_item_interval transfer_data trial_end trial_period_days"
            " trial_settings"
        ),
        "billing_mode": hash_of({"type": choice(["classic", "flexible"], supported=["flexible"])}, required=["type"]),
        "description": text(500),
        "metadata": metadata,
        "proration_behavior": choice(["create_prorations", "none"]),
    }
)

LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR"
    " ro ru sk sl sv th tr vi zh zh-HK zh-TW"
).split()

CREATE_SESSION = hash_of(
    {
        **EXPAND,
        **left_out(
            "after_expiration allow_promotion_codes allowed_payment_method_types automatic_tax"
            " billing_address_collection branding_settings consent_collection custom_fields custom_text"
            " customer_account customer_update discounts excluded_payment_method_types invoice_creation"
            " managed_payments name_collection optional_items payment_method_collection"
            " payment_method_configuration payment_method_data payment_method_options permissions"
            " phone_number_collection redirect_on_completion return_url saved_payment_method_options"
            " setup_intent_data shipping_address_collection shipping_options tax_id_collection"
            " wallet_options"
        ),
        "adaptive_pricing": hash_of({"enabled": boolean}),
        "cancel_url": url,
        "client_reference_id": text(200),
        "currency": currency,
        "customer": text(),
        "customer_creation": choice(["always", "if_required"], supported=["if_required"]),
        "customer_email": email,
        "expires_at": integer(0, MAX_TIMESTAMP),
        "integration_identifier": text(),
        "line_items": list_of(_line_item, 100),
        "locale": choice(LOCALES),
        "metadata": metadata,
        "mode": choice(["payment", "setup", "subscription"], supported=["payment", "subscription"]),
        "origin_context": choice(["mobile_app", "web"]),
        "payment_intent_data": _payment_intent_data,
        "subscription_data": _subscription_data,
        "submit_type": choice(["auto", "book", "donate", "pay", "subscribe"]),
        "success_url": url,
        "ui_mode": choice(["elements", "embedded_page", "form", "hosted_page"], supported=["hosted_page"]),
    },
    required=["mode", "line_items", "success_url"],
)

RETRIEVE = hash_of(EXPAND)


def created(raw: Any, name: str) -> dict[str, int]:
    """A second, or the bounds of a stretch of time."""
    timestamp = integer(0, MAX_TIMESTAMP)
    if isinstance(raw, str):
        return {"exact": timestamp(raw, name)}
    clean: dict[str, int] = hash_of({"gt": timestamp, "gte": timestamp, "lt": timestamp, "lte": timestamp})(raw, name)
    return clean


PAGE = {
    **EXPAND,
    "created": created,
    "ending_before": text(),
    "limit": integer(1, 100),
    "starting_after": text(),
}

LIST_SESSIONS = hash_of(
    {
        **PAGE,
        **left_out("customer_account customer_details payment_link"),
        "customer": text(),
        "payment_intent": text(),
        "subscription": text(),
        "status": choice(["complete", "expired", "open"]),
    }
)

LIST_INTENTS = hash_of({**PAGE, **left_out("customer_account"), "customer": text()})

LIST_CHARGES = hash_of({**PAGE, **left_out("transfer_group"), "customer": text(), "payment_intent": text()})

CREATE_REFUND = hash_of(
    {
        **EXPAND,
        **left_out("currency customer instructions_email origin refund_application_fee reverse_transfer"),
        "amount": integer(1, MAXIMUM),
        "charge": text(),
        "metadata": metadata,
        "payment_intent": text(),
        "reason": choice(["duplicate", "fraudulent", "requested_by_customer"]),
    }
)

UPDATE_REFUND = hash_of({**EXPAND, "metadata": metadata})

LIST_REFUNDS = LIST_DISPUTES = hash_of({**PAGE, "charge": text(), "payment_intent": text()})

LIST_BALANCE_TRANSACTIONS = hash_of(
    {**PAGE, "currency": currency, "payout": text(), "source": text(), "type": text()},
)

LIST_PAYOUTS = hash_of(
    {
        **PAGE,
        **left_out("arrival_date destination"),
        "status": choice(["canceled", "failed", "in_transit", "paid", "pending"]),
    }
)

LIST_EVENTS = hash_of(
    {**PAGE, "delivery_success": boolean, "type": text(), "types": list_of(text(), 20)},
)

_webhook_endpoint = {
    **EXPAND,
    "description": text(),
    "enabled_events": list_of(text(100), 500),
    "metadata": metadata,
    "url": url,
}

CREATE_WEBHOOK_ENDPOINT = hash_of(
    {**left_out("connect"), **_webhook_endpoint, "api_version": text(40)}, required=["enabled_events", "url"]
)

# The API version cannot be changed any more.
UPDATE_WEBHOOK_ENDPOINT = hash_of({**_webhook_endpoint, "disabled": boolean})

LIST_WEBHOOK_ENDPOINTS = hash_of({name: rule for name, rule in PAGE.items() if name != "created"})
