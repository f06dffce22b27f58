"""Which parameters the endpoints take that a program sells by without a page: products, prices, cards, intents."""

from __future__ import annotations

from sandbox.api.params import ADDRESS, EXPAND, RECURRING, SHIPPING, left_out
from sandbox.core.currencies import MAXIMUM
from sandbox.core.validators import (
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
    url,
)

CREATE_PRODUCT = hash_of(
    {
        **EXPAND,
        **left_out(
            "default_price_data id images marketing_features package_dimensions shippable statement_descriptor"
            " tax_code tax_details unit_label url"
        ),
        "active": boolean,
        "description": text(),
        "metadata": metadata,
        "name": text(),
    },
    required=["name"],
)

CREATE_PRICE = hash_of(
    {
        **EXPAND,
        **left_out(
            "billing_scheme currency_options custom_unit_amount product_data tax_behavior tiers tiers_mode"
            " transfer_lookup_key transform_quantity unit_amount_decimal"
        ),
        "active": boolean,
        "currency": currency,
        "lookup_key": text(200),
        "metadata": metadata,
        "nickname": text(),
        "product": text(),
        "recurring": RECURRING,
        "unit_amount": integer(0, MAXIMUM),
    },
    required=["currency", "product", "unit_amount"],
)

CREATE_PAYMENT_METHOD = hash_of(
    {
        **EXPAND,
        "billing_details": hash_of({"address": ADDRESS, "email": email, "name": text(), "phone": text()}),
        "card": hash_of({**left_out("cvc exp_month exp_year networks number"), "token": text()}, required=["token"]),
        "type": choice(["card", "sepa_debit", "us_bank_account"], supported=["card"]),
    },
    required=["type", "card"],
)

CREATE_INTENT = hash_of(
    {
        **EXPAND,
        **left_out(
            "allowed_payment_method_types amount_details application_fee_amount confirmation_method confirmation_token"
            " customer customer_account error_on_requires_action excluded_payment_method_types hooks mandate"
            " mandate_data off_session on_behalf_of payment_details payment_method_configuration payment_method_data"
            " payment_method_options radar_options setup_future_usage statement_descriptor transfer_data"
            " transfer_group use_stripe_sdk"
        ),
        "amount": integer(1, MAXIMUM),
        "automatic_payment_methods": hash_of({"allow_redirects": choice(["always", "never"]), "enabled": boolean}),
        "capture_method": choice(
            ["automatic", "automatic_async", "manual"], supported=["automatic", "automatic_async"]
        ),
        "confirm": boolean,
        "currency": currency,
        "description": text(1000),
        "metadata": metadata,
        "payment_method": text(),
        "payment_method_types": list_of(choice(["card", "sepa_debit", "us_bank_account"], supported=["card"]), 20),
        "receipt_email": email,
        "return_url": url,
        "shipping": SHIPPING,
        "statement_descriptor_suffix": descriptor_suffix,
    },
    required=["amount", "currency"],
)

CONFIRM_INTENT = hash_of({**EXPAND, "payment_method": text(), "return_url": url})

CONFIRM_PAGE = hash_of(
    {**EXPAND, "expected_amount": integer(0, MAXIMUM), "payment_method": text()}, required=["payment_method"]
)
