"""Which request of the API goes to which endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.api.endpoints import account, checkout, direct, money
from sandbox.api.endpoints.recurring import routes as recurring
from sandbox.core import errors
from sandbox.operator import behaviour
from sandbox.operator import money as operator_money
from sandbox.operator import recurring as operator_recurring

Endpoint = Callable[..., dict[str, Any]]

# Below this the tests and the console change the stand-in itself.
CONTROL = "test_helpers/sandbox"

_ID = "([^/]+)"
_ROUTES: list[tuple[str, str, Endpoint]] = [
    ("POST", "checkout/sessions", checkout.create_session),
    ("GET", "checkout/sessions", checkout.list_sessions),
    ("GET", f"checkout/sessions/{_ID}", checkout.retrieve_session),
    ("POST", f"checkout/sessions/{_ID}/expire", checkout.expire_session),
    ("GET", "payment_intents", checkout.list_intents),
    ("GET", f"payment_intents/{_ID}", checkout.retrieve_intent),
    ("POST", "payment_intents", direct.create_intent),
    ("POST", f"payment_intents/{_ID}/confirm", direct.confirm_intent),
    ("POST", "payment_methods", direct.create_payment_method),
    ("GET", f"payment_pages/{_ID}", direct.retrieve_page),
    ("POST", f"payment_pages/{_ID}/confirm", direct.confirm_page),
    ("POST", "products", direct.create_product),
    ("GET", f"products/{_ID}", direct.retrieve_product),
    ("POST", "prices", direct.create_price),
    ("GET", f"prices/{_ID}", direct.retrieve_price),
    ("GET", "events", checkout.list_events),
    ("GET", f"events/{_ID}", checkout.retrieve_event),
    ("GET", "charges", money.list_charges),
    ("GET", f"charges/{_ID}", money.retrieve_charge),
    ("POST", "refunds", money.create_refund),
    ("GET", "refunds", money.list_refunds),
    ("GET", f"refunds/{_ID}", money.retrieve_refund),
    ("POST", f"refunds/{_ID}", money.update_refund),
    ("POST", f"refunds/{_ID}/cancel", money.cancel_refund),
    ("GET", "disputes", money.list_disputes),
    ("GET", f"disputes/{_ID}", money.retrieve_dispute),
    ("GET", "radar/early_fraud_warnings", money.list_fraud_warnings),
    ("GET", f"radar/early_fraud_warnings/{_ID}", money.retrieve_fraud_warning),
    ("GET", "balance_transactions", money.list_balance_transactions),
    ("GET", f"balance_transactions/{_ID}", money.retrieve_balance_transaction),
    ("GET", "payouts", money.list_payouts),
    ("GET", f"payouts/{_ID}", money.retrieve_payout),
    *recurring.ROUTES,
    ("GET", "account", account.retrieve_account),
    ("POST", "webhook_endpoints", account.create_webhook_endpoint),
    ("GET", "webhook_endpoints", account.list_webhook_endpoints),
    ("GET", f"webhook_endpoints/{_ID}", account.retrieve_webhook_endpoint),
    ("POST", f"webhook_endpoints/{_ID}", account.update_webhook_endpoint),
    ("GET", CONTROL, behaviour.retrieve),
    ("POST", CONTROL, behaviour.update),
    ("POST", f"{CONTROL}/stranger", behaviour.other_merchant),
    ("POST", f"{CONTROL}/resend", behaviour.resend),
    ("POST", f"{CONTROL}/settle", behaviour.settle),
    ("POST", f"{CONTROL}/refund", operator_money.refund),
    ("POST", f"{CONTROL}/settle_refund", operator_money.settle_refund),
    ("POST", f"{CONTROL}/fail_payment", operator_money.fail_payment),
    ("POST", f"{CONTROL}/fraud_warning", operator_money.fraud_warning),
    ("POST", f"{CONTROL}/dispute", operator_money.dispute),
    ("POST", f"{CONTROL}/dispute_move", operator_money.advance_dispute),
    ("POST", f"{CONTROL}/payout", operator_money.payout),
    ("POST", f"{CONTROL}/stripe_fee", operator_money.stripe_fee),
    ("POST", f"{CONTROL}/advance", operator_recurring.advance),
    ("POST", f"{CONTROL}/cancel_subscription", operator_recurring.cancel),
    ("POST", f"{CONTROL}/change_card", operator_recurring.change_card),
]


def find(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    """The endpoint for the request, and the ids in its path."""
    for route_method, pattern, endpoint in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match and route_method == method:
            return endpoint, match.groups()
    raise errors.unrecognized_url(method, f"/v1/{path}")
