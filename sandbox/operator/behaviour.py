"""Control of the stand-in: its behaviour, events sent again, bank debits settled, a payment to another merchant.

The console's buttons and the control API below `v1/test_helpers/sandbox` do the same things by the same functions.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.core import errors, permissions, store
from sandbox.core.validators import boolean, choice, exchange_rate, hash_of, integer, settlement_currency, text
from sandbox.engine import bank_payments, card_payments, sessions, test_cards
from sandbox.models import Behaviour, Event
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS
from sandbox.webhooks import events
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]

_DAY = 24 * 3600


def _anything(raw: Any, name: str) -> str:
    """A text that may be empty."""
    return text(getattr(Behaviour._meta.get_field(name), "max_length", 0))(raw, name) or ""


def _permissions(raw: Any, name: str) -> str:
    """Names of permissions, between spaces."""
    value = _anything(raw, name)
    if unknown := permissions.unknown(value):
        known = ", ".join(sorted(permissions.NAMES))
        raise errors.parameter_invalid(f"There is no permission {unknown[0]}. There are: {known}.", name)
    return value


_UPDATE = hash_of(
    {
        "delivery": choice(Behaviour.DeliveryMode.values),
        "delay": integer(0, _DAY),
        "doubled": boolean,
        "shuffled": boolean,
        "two_ids": boolean,
        "release": choice(Behaviour.Release.values),
        "bank_delay": integer(0, _DAY),
        "after_retries": choice(Behaviour.AfterRetries.values),
        "settlement": settlement_currency,
        "exchange_rate": exchange_rate,
        "payer_currency": settlement_currency,
        "payer_rate": exchange_rate,
        "missing_permissions": _permissions,
        "list_lag": integer(0, _DAY),
        "fault": choice(Behaviour.Fault.values),
        "fault_calls": _anything,
        "fault_rate": integer(0, 100),
        "fault_seed": integer(0, 2**31 - 1),
        "fault_seconds": integer(0, 30),
    }
)
_OTHER_MERCHANT = hash_of({"amount": integer(50, 99_999_999)})
_RESEND = hash_of({"event": text(), "all": boolean, "undelivered": boolean})
_SETTLE = hash_of({"session": text(), "outcome": choice(["settles", "fails"])}, required=["session", "outcome"])


def retrieve(raw: Body, request: ApiRequest) -> Body:
    """GET v1/test_helpers/sandbox: how it behaves."""
    hash_of({})(raw, "")
    return _body(Behaviour.current())


def update(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox: how it shall behave; what is not named stays."""
    return save(_UPDATE(raw, ""))


def save(values: Body) -> Body:
    """Store these values of the behaviour."""
    behaviour, _ = Behaviour.objects.update_or_create(id=1, defaults=values)
    return _body(behaviour)


def other_merchant(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/stranger: somebody pays another merchant on the same account."""
    return pay_other_merchant(_OTHER_MERCHANT(raw, "").get("amount", 1500))


@transaction.atomic(using=ALIAS)
def pay_other_merchant(amount: int) -> Body:
    """A whole payment that this site has nothing to do with; returns its session."""
    item = {
        "price_data": {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Blue mug"}},
        "quantity": 1,
    }
    metadata = {"shop_order": "1001"}
    session = sessions.create(
        {
            "line_items": [item],
            "success_url": "https://shop.example/thanks",
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
        }
    )
    visa = test_cards.lookup("4242424242424242")
    payer = Payer("stranger@example.com", "A Stranger")
    card_payments.pay(session.stripe_id, visa, card_payments.Expiry(12, 2040), payer)
    return store.get(sessions.KIND, session.stripe_id).body


def resend(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/resend: one event, all of them, or all that never arrived."""
    params = _RESEND(raw, "")
    selected = Event.objects.order_by("number")
    if params.get("event"):
        selected = selected.filter(stripe_id=params["event"])
        if not selected.exists():
            raise errors.resource_missing("event", params["event"], "event")
    elif params.get("undelivered"):
        selected = selected.filter(delivered=False)
    elif not params.get("all"):
        raise errors.parameter_missing("event")
    resent = list(selected)
    with transaction.atomic(using=ALIAS):
        events.resend(resent)
    return {"object": "sandbox.resent", "events": [event.stripe_id for event in resent]}


def settle(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/settle: the bank debit succeeds or fails now."""
    params = _SETTLE(raw, "")
    session = store.require(sessions.KIND, params["session"], "session")
    if not session.payment_intent or not bank_payments.settle(session.payment_intent, params["outcome"]):
        raise errors.parameter_invalid("This session has no bank payment under way.", "session")
    return store.get(sessions.KIND, session.stripe_id).body


def _body(behaviour: Behaviour) -> Body:
    names = [field.name for field in Behaviour._meta.concrete_fields if field.name != "id"]
    values = {name: getattr(behaviour, name) for name in names}
    return {
        "object": "sandbox",
        **values,
        "exchange_rate": float(behaviour.exchange_rate),
        "payer_rate": float(behaviour.payer_rate),
    }
