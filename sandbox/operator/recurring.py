"""What an operator does to time and to subscriptions: move the clock, end a subscription, let a card fail."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.db.models import F

from sandbox.core import clock, errors, store
from sandbox.core.validators import boolean, choice, hash_of, integer, text
from sandbox.engine import test_cards, timers
from sandbox.engine.card_payments import Expiry
from sandbox.engine.recurring import changes, customers, portal, subscriptions
from sandbox.models import Behaviour, Record
from sandbox.router import ALIAS
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]

_TEN_YEARS = 10 * 366 * 24 * 3600

# Who ends it -> what Stripe gives as the reason.
CANCELLED_BY = {
    "dashboard": "cancellation_requested",
    "bank": "payment_disputed",
    "stripe": "payment_failed",
}

_ADVANCE = hash_of({"seconds": integer(0, _TEN_YEARS), "to": integer(0, 10**12)})
_CANCEL = hash_of(
    {"subscription": text(), "by": choice(CANCELLED_BY), "at_period_end": boolean}, required=["subscription"]
)
_CHANGE_CARD = hash_of({"subscription": text(), "number": text(30)}, required=["subscription", "number"])


def advance(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/advance: the time goes forward, and what was due until then has happened."""
    params = _ADVANCE(raw, "")
    if "to" in params:
        seconds = params["to"] - clock.timestamp()
    elif "seconds" in params:
        seconds = params["seconds"]
    else:
        raise errors.parameter_missing("seconds")
    if seconds < 0:
        raise errors.parameter_invalid("The clock goes forward only.", "to")
    if clock.now() + seconds - time.time() > _TEN_YEARS:
        raise errors.parameter_invalid("The clock can be moved by ten years in all.", "seconds")
    with transaction.atomic(using=ALIAS):
        Behaviour.objects.get_or_create(id=1)
        Behaviour.objects.filter(id=1).update(clock_offset=F("clock_offset") + seconds)
    timers.run_all_due()
    return {"object": "sandbox.clock", "now": clock.timestamp(), "offset": clock.offset()}


def cancel(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/cancel_subscription: in the dashboard, by the donor's bank, or by Stripe."""
    params = _CANCEL(raw, "")
    found = _running(params["subscription"])
    if params.get("at_period_end"):
        return changes.update(found.stripe_id, {"cancel_at_period_end": True}).body
    reason = CANCELLED_BY[params.get("by", "dashboard")]
    return changes.cancel(found.stripe_id, {}, reason=reason).body


def change_card(raw: Body, request: ApiRequest) -> Body:
    """POST v1/test_helpers/sandbox/change_card: the customer pays with another test card from now on."""
    params = _CHANGE_CARD(raw, "")
    found = _running(params["subscription"])
    card = test_cards.lookup(params["number"].replace(" ", ""))
    payer = customers.payer_of(store.get(customers.KIND, found.customer))
    if failure := portal.change_card(found.customer, card, Expiry(12, 2060), payer):
        raise errors.parameter_invalid(failure.message, "number")
    return store.get(subscriptions.KIND, found.stripe_id).body


def _running(subscription_id: str) -> Record:
    found = store.require(subscriptions.KIND, subscription_id, "subscription")
    if found.status in subscriptions.ENDED:
        raise errors.parameter_invalid("This subscription has ended.", "subscription")
    return found
