"""Which parameters the endpoints of customers, subscriptions and invoices take."""

from __future__ import annotations

from typing import Any

from sandbox.api.params import EXPAND, MAX_TIMESTAMP, PAGE, RECURRING, left_out
from sandbox.core import errors
from sandbox.core.currencies import MAXIMUM
from sandbox.core.validators import (
    Validator,
    boolean,
    choice,
    currency,
    email,
    hash_of,
    integer,
    list_of,
    metadata,
    text,
)

FEEDBACK = (
    "customer_service low_quality missing_features other switched_service too_complex too_expensive unused"
).split()


def or_nothing(validate: Validator) -> Validator:
    """The empty string takes the value away."""
    return lambda raw, name: None if raw == "" else validate(raw, name)


_cancellation_details = hash_of(
    {**left_out("feedback_option"), "comment": text(), "feedback": or_nothing(choice(FEEDBACK))}
)

_price_data = hash_of(
    {
        **left_out("tax_behavior unit_amount_decimal"),
        "currency": currency,
        "product": text(),
        "recurring": RECURRING,
        "unit_amount": integer(1, MAXIMUM),
    },
    required=["currency", "product", "recurring"],
)

_item = hash_of(
    {
        **left_out("billing_thresholds clear_usage current_trial deleted discounts plan tax_rates"),
        "id": text(),
        "metadata": metadata,
        "price": text(),
        "price_data": _price_data,
        "quantity": integer(1, 999_999),
    }
)

UPDATE_SUBSCRIPTION = hash_of(
    {
        **EXPAND,
        **left_out(
            "add_invoice_items application_fee_percent automatic_tax billing_cycle_anchor billing_schedules"
            " billing_thresholds collection_method days_until_due default_source default_tax_rates discounts"
            " invoice_settings off_session on_behalf_of payment_settings pending_invoice_item_interval proration_date"
            " transfer_data trial_end trial_from_plan trial_settings"
        ),
        "cancel_at": or_nothing(integer(0, MAX_TIMESTAMP)),
        "cancel_at_period_end": boolean,
        "cancellation_details": _cancellation_details,
        "default_payment_method": text(),
        "description": text(500),
        "items": list_of(_item, 20),
        "metadata": metadata,
        "pause_collection": or_nothing(
            hash_of(
                {
                    "behavior": choice(["keep_as_draft", "mark_uncollectible", "void"]),
                    "resumes_at": integer(0, MAX_TIMESTAMP),
                },
                required=["behavior"],
            )
        ),
        "payment_behavior": choice(
            ["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"]
        ),
        "proration_behavior": choice(["always_invoice", "create_prorations", "none"]),
    }
)

CANCEL_SUBSCRIPTION = hash_of(
    {**EXPAND, **left_out("invoice_now prorate"), "cancellation_details": _cancellation_details}
)

PAUSE_SUBSCRIPTION = hash_of(
    {
        **EXPAND,
        **left_out("bill_for"),
        "invoicing_behavior": choice(["invoice", "pending_invoice_item"]),
        "type": choice(["subscription"]),
    }
)

RESUME_SUBSCRIPTION = hash_of(
    {
        **EXPAND,
        **left_out("proration_date"),
        "billing_cycle_anchor": hash_of({"type": choice(["now", "unchanged"])}, required=["type"]),
        "payment_behavior": choice(["resume_on_payment_attempt", "resume_on_payment_success"]),
        "proration_behavior": choice(["always_invoice", "create_prorations", "none"], supported=["none"]),
    }
)

SUBSCRIPTION_STATUSES = (
    "active all canceled ended incomplete incomplete_expired past_due paused trialing unpaid"
).split()

LIST_SUBSCRIPTIONS = hash_of(
    {
        **PAGE,
        **left_out(
            "automatic_tax collection_method current_period_end current_period_start customer_account plan test_clock"
        ),
        "customer": text(),
        "price": text(),
        "status": choice(SUBSCRIPTION_STATUSES),
    }
)

LIST_INVOICES = hash_of(
    {
        **PAGE,
        **left_out("collection_method customer_account due_date"),
        "customer": text(),
        "status": choice(["draft", "open", "paid", "uncollectible", "void"]),
        "subscription": text(),
    }
)

PAY_INVOICE = hash_of({**EXPAND, **left_out("forgive mandate off_session paid_out_of_band payment_method source")})


def _payment(raw: Any, name: str) -> str:
    """By which payment: Stripe wants its type, and its id under that name."""
    clean = hash_of(
        {
            "payment_intent": text(),
            **left_out("payment_record"),
            "type": choice(["payment_intent", "payment_record"], supported=["payment_intent"]),
        },
        required=["type"],
    )(raw, name)
    if not clean.get("payment_intent"):
        raise errors.parameter_missing(f"{name}[payment_intent]")
    return str(clean["payment_intent"])


LIST_INVOICE_PAYMENTS = hash_of(
    {**PAGE, "invoice": text(), "payment": _payment, "status": choice(["canceled", "open", "paid"])}
)

_customer = {
    **EXPAND,
    **left_out(
        "address balance business_name cash_balance default_source individual_name invoice_prefix invoice_settings"
        " next_invoice_sequence payment_method preferred_locales shipping source tax tax_exempt tax_id_data"
        " tax_ids test_clock"
    ),
    "description": text(),
    "email": email,
    "metadata": metadata,
    "name": text(),
    "phone": text(20),
}

CREATE_CUSTOMER = UPDATE_CUSTOMER = hash_of(_customer)

LIST_CUSTOMERS = hash_of({**PAGE, **left_out("test_clock"), "email": text()})
