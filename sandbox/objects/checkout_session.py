"""The checkout.session object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids
from sandbox.objects import catalog

NO_ADDRESS: dict[str, None] = dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"])


def customer_details(email: str | None, name: str | None) -> dict[str, Any]:
    """Who paid."""
    return {
        "address": {**NO_ADDRESS},
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def build(
    params: dict[str, Any], *, url: str, created: int, expires_at: int, total: int, currency: str
) -> dict[str, Any]:
    """A fresh open session; `url` is the address below which its id is its pay page."""
    id = ids.new("cs")
    email = params.get("customer_email")
    mode = params.get("mode", "payment")
    recurring = mode == "subscription"
    return {
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", False)},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": created,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": params.get("customer"),
        "customer_account": None,
        "customer_creation": "always" if recurring else "if_required",
        "customer_details": customer_details(email, None) if email else None,
        "customer_email": email,
        "discounts": [],
        "expires_at": expires_at,
        "integration_identifier": params.get("integration_identifier"),
        "invoice": None,
        "invoice_creation": None
        if recurring
        else {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "mode": mode,
        "origin_context": params.get("origin_context"),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always" if recurring else "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"] if recurring else ["card", "us_bank_account"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{url}/{id}",
        "wallet_options": None,
    }


def line_item(params: dict[str, Any], created: int) -> dict[str, Any]:
    """One line of a session, which the API shows only when asked to expand it; its `price` is an object, if it is one
    that existed before."""
    price = params["price_data"]
    amount = price["unit_amount"]
    total = amount * params["quantity"]
    return {
        "id": ids.new("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "metadata": params.get("metadata", {}),
        # A price that was made for this line alone is not active: nobody can use it again.
        "price": params.get("price")
        or catalog.price(price, price.get("product") or ids.new("prod"), created=created, active=False),
        "quantity": params["quantity"],
    }
