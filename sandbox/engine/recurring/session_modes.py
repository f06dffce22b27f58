"""What a session may ask for in each of its modes, and what one that begins a subscription sells."""

from __future__ import annotations

from typing import Any

from sandbox.core import clock, errors, store
from sandbox.objects import catalog
from sandbox.webhooks.events import emit

Body = dict[str, Any]

# Mode -> the parameters that belong to the other one.
_FOREIGN = {"payment": ("subscription_data",), "subscription": ("payment_intent_data", "customer_creation")}


def check(params: Body, items: list[Body]) -> None:
    """Raise Stripe's error for what does not go with the session's mode."""
    mode = params.get("mode", "payment")
    for name in _FOREIGN[mode]:
        if name in params:
            raise errors.parameter_invalid(f"You can not pass `{name}` in `{mode}` mode.", name)
    if params.get("customer"):
        _check_customer(params, mode)
    recurring = [item for item in items if item["price_data"].get("recurring")]
    if mode == "payment" and recurring:
        message = (
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices."
        )
        raise errors.parameter_invalid(message, "mode")
    if mode == "subscription" and not recurring:
        message = "You must provide at least one recurring price in `subscription` mode when using prices."
        raise errors.parameter_invalid(message, "line_items")
    if mode == "subscription" and len(items) > 1:
        raise errors.unsupported("line_items", "more than one in a subscription")


def _check_customer(params: Body, mode: str) -> None:
    if mode == "payment":
        raise errors.unsupported("customer", "in payment mode")
    if params.get("customer_email"):
        message = "You may only specify one of these parameters: customer, customer_email."
        raise errors.parameter_invalid(message, "customer")
    if store.find("customer", params["customer"]) is None:
        raise errors.resource_missing("customer", params["customer"], "customer", status=400)


def plan(line: Body, params: Body) -> Body:
    """What the session's subscription will be made from. A price and a product that were described inline exist from
    now on."""
    price = line["price"]
    if store.find("price", price["id"]) is None:
        if store.find("product", price["product"]) is None:
            data = params["line_items"][0]["price_data"]["product_data"]
            product = store.add({**catalog.product(data, created=clock.timestamp()), "id": price["product"]})
            emit(("product.created", product.body))
        store.add(price)
        emit(("price.created", price))
    return {
        "price": price["id"],
        "quantity": line["quantity"],
        "subscription_data": params.get("subscription_data", {}),
    }
