"""Where Stripe's objects hold what is about a person."""

from __future__ import annotations

import json
from typing import Any

# All else in them is about money.
PERSONAL = frozenset(
    "billing_details customer_details customer_email receipt_email shipping email name phone address "
    "individual_name business_name customer_email_address customer_name customer_purchase_ip".split()
)


def redact(body: str) -> str:
    """A stored event without the person: its ids and amounts stay."""
    return json.dumps(_strip(json.loads(body)), separators=(",", ":")) if body else ""


def _strip(value: Any) -> Any:
    match value:
        case dict():
            return {key: None if key in PERSONAL else _strip(inner) for key, inner in value.items()}
        case list():
            return [_strip(inner) for inner in value]
    return value
