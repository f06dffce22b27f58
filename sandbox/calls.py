"""Which call of the API is answered by which function."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox import control, endpoints, errors, money, money_control

Endpoint = Callable[..., dict[str, Any]]

# Below this the tests and the console change the stand-in itself.
CONTROL = "test_helpers/sandbox"

_ID = "([^/]+)"
_CALLS: list[tuple[str, str, Endpoint]] = [
    ("POST", "checkout/sessions", endpoints.create_session),
    ("GET", "checkout/sessions", endpoints.list_sessions),
    ("GET", f"checkout/sessions/{_ID}", endpoints.retrieve_session),
    ("POST", f"checkout/sessions/{_ID}/expire", endpoints.expire_session),
    ("GET", "payment_intents", endpoints.list_intents),
    ("GET", f"payment_intents/{_ID}", endpoints.retrieve_intent),
    ("GET", "events", endpoints.list_events),
    ("GET", f"events/{_ID}", endpoints.retrieve_event),
    ("GET", "charges", money.list_charges),
    ("GET", f"charges/{_ID}", money.retrieve_charge),
    ("POST", "refunds", money.create_refund),
    ("GET", "refunds", money.list_refunds),
    ("GET", f"refunds/{_ID}", money.retrieve_refund),
    ("POST", f"refunds/{_ID}/cancel", money.cancel_refund),
    ("GET", "disputes", money.list_disputes),
    ("GET", f"disputes/{_ID}", money.retrieve_dispute),
    ("GET", "balance_transactions", money.list_balance_transactions),
    ("GET", f"balance_transactions/{_ID}", money.retrieve_balance_transaction),
    ("GET", "payouts", money.list_payouts),
    ("GET", f"payouts/{_ID}", money.retrieve_payout),
    ("GET", CONTROL, control.show),
    ("POST", CONTROL, control.change),
    ("POST", f"{CONTROL}/stranger", control.stranger),
    ("POST", f"{CONTROL}/resend", control.resend),
    ("POST", f"{CONTROL}/settle", control.settle),
    ("POST", f"{CONTROL}/refund", money_control.refund),
    ("POST", f"{CONTROL}/settle_refund", money_control.settle_refund),
    ("POST", f"{CONTROL}/dispute", money_control.dispute),
    ("POST", f"{CONTROL}/dispute_move", money_control.dispute_move),
    ("POST", f"{CONTROL}/payout", money_control.payout),
    ("POST", f"{CONTROL}/stripe_fee", money_control.stripe_fee),
]


def find(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    """The function for the call, and the ids in its path."""
    for known, pattern, endpoint in _CALLS:
        match = re.fullmatch(pattern, path)
        if match and known == method:
            return endpoint, match.groups()
    raise errors.unrecognized(method, f"/v1/{path}")
