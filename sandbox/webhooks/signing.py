"""Signs a webhook's payload as Stripe does."""

from __future__ import annotations

import hashlib
import hmac


def header(payload: str, secret: str, timestamp: int) -> str:
    """The value of Stripe-Signature; the key is the whole secret, its `whsec_` included."""
    signed = f"{timestamp}.{payload}".encode()
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
