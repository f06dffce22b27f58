"""What the operator may do to the stand-in: change its mood, resend events, settle bank payments, send a stranger.

The console's buttons and the control API below `v1/test_helpers/sandbox` do the same things by the same functions.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.core import errors, store
from sandbox.core.validators import boolean, choice, hash_of, integer, rate, settlement, text
from sandbox.engine import bank_payments, card_payments, sessions, test_cards
from sandbox.models import Behaviour, Event
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS
from sandbox.webhooks import events
from sandbox.webhooks.events import Cause

Body = dict[str, Any]

_DAY = 24 * 3600

_CHANGE = hash_of(
    {
        "delivery": choice(Behaviour.Deliver.values),
        "delay": integer(0, _DAY),
        "doubled": boolean,
        "shuffled": boolean,
        "two_ids": boolean,
        "release": choice(Behaviour.Release.values),
        "bank_delay": integer(0, _DAY),
        "settlement": settlement,
        "exchange_rate": rate,
        "fault": choice(Behaviour.Fault.values),
        "fault_rate": integer(0, 100),
        "fault_seed": integer(0, 2**31 - 1),
        "fault_seconds": integer(0, 30),
    }
)
_STRANGER = hash_of({"amount": integer(50, 99_999_999)})
_RESEND = hash_of({"event": text(), "all": boolean, "undelivered": boolean})
_SETTLE = hash_of({"session": text(), "outcome": choice(["settles", "fails"])}, required=["session", "outcome"])


def show(raw: Body, cause: Cause) -> Body:
    """GET v1/test_helpers/sandbox: the mood."""
    hash_of({})(raw, "")
    return _shown(Behaviour.current())


def change(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox: another mood; what is not named stays."""
    return set_mood(_CHANGE(raw, ""))


def set_mood(wanted: Body) -> Body:
    """Keep these values of the mood."""
    mood, _ = Behaviour.objects.update_or_create(id=1, defaults=wanted)
    return _shown(mood)


def stranger(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/stranger: somebody buys in another shop on the same account."""
    return stranger_pays(_STRANGER(raw, "").get("amount", 1500))


@transaction.atomic(using=ALIAS)
def stranger_pays(amount: int) -> Body:
    """A whole payment that this site has nothing to do with; the answer is its session."""
    item = {
        "price_data": {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Blue mug"}},
        "quantity": 1,
    }
    order = {"shop_order": "1001"}
    session = sessions.create(
        {
            "line_items": [item],
            "success_url": "https://shop.example/thanks",
            "metadata": order,
            "payment_intent_data": {"metadata": order},
        }
    )
    visa = test_cards.lookup("4242424242424242")
    payer = Payer("stranger@example.com", "A Stranger")
    card_payments.by_card(session.stripe_id, visa, card_payments.Expiry(12, 2040), payer)
    return store.get(sessions.KIND, session.stripe_id).body


def resend(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/resend: one event, all of them, or all that never arrived."""
    wanted = _RESEND(raw, "")
    chosen = Event.objects.order_by("number")
    if wanted.get("event"):
        chosen = chosen.filter(stripe_id=wanted["event"])
        if not chosen.exists():
            raise errors.no_such("event", wanted["event"], "event")
    elif wanted.get("undelivered"):
        chosen = chosen.filter(delivered=False)
    elif not wanted.get("all"):
        raise errors.missing("event")
    told = list(chosen)
    with transaction.atomic(using=ALIAS):
        events.resend(told)
    return {"object": "sandbox.resent", "events": [event.stripe_id for event in told]}


def settle(raw: Body, cause: Cause) -> Body:
    """POST v1/test_helpers/sandbox/settle: the bank answers now."""
    wanted = _SETTLE(raw, "")
    session = store.find(sessions.KIND, wanted["session"])
    if session is None:
        raise errors.no_such(sessions.KIND, wanted["session"], "session")
    if not session.payment_intent or not bank_payments.settle(session.payment_intent, wanted["outcome"]):
        raise errors.invalid("This session has no bank payment under way.", "session")
    return store.get(sessions.KIND, session.stripe_id).body


def _shown(mood: Behaviour) -> Body:
    shown = {field.name: getattr(mood, field.name) for field in Behaviour._meta.concrete_fields if field.name != "id"}
    return {"object": "sandbox", **shown, "exchange_rate": float(mood.exchange_rate)}
