"""Ids of the form and length that Stripe's have, so that columns sized for them are tried in earnest."""

from __future__ import annotations

import secrets
import string

_LETTERS = string.ascii_letters + string.digits

# Prefix -> (what follows it always, number of random characters).
_FORMATS = {
    "cs": ("test_a1", 56),
    "pi": ("3", 23),
    "ch": ("3", 23),
    "py": ("3", 23),
    "pm": ("1", 23),
    "li": ("1", 23),
    "price": ("1", 23),
    "prod": ("", 14),
    "evt": ("1", 23),
    "txn": ("1", 23),
    "re": ("3", 23),
    "pyr": ("3", 23),
    "dp": ("1", 23),
    "issfr": ("1", 23),
    "po": ("1", 23),
    "req": ("", 14),
    "we": ("1", 23),
    "cus": ("", 14),
    "sub": ("1", 23),
    "si": ("", 14),
    "in": ("1", 23),
    "il": ("1", 23),
    "inpay": ("1", 23),
    "bpc": ("1", 23),
    "bps": ("1", 23),
}


def _random(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def new(prefix: str) -> str:
    """A fresh id, like `pi_3…` for "pi"."""
    fixed, count = _FORMATS[prefix]
    return f"{prefix}_{fixed}{_random(count)}"


def client_secret(intent_id: str) -> str:
    """The secret that a payment intent carries."""
    return f"{intent_id}_secret_{_random(25)}"


def portal_secret() -> str:
    """What makes the address of a portal session unguessable."""
    return f"test_{_random(40)}"


def invoice_prefix() -> str:
    """What the numbers of a customer's invoices begin with."""
    return "".join(secrets.choice(string.hexdigits.upper()[:16]) for _ in range(7))


def webhook_secret() -> str:
    """The signing secret of a new webhook endpoint."""
    return f"whsec_{_random(32)}"
