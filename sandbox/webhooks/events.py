"""Emits events: each with a frozen snapshot of its object, and the deliveries that carry it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from sandbox.core import clock, versions
from sandbox.models import Behaviour, Delivery, Event
from sandbox.objects import event
from sandbox.router import ALIAS
from sandbox.webhooks import wakeup

# Seconds between two deliveries: wide enough that a shuffled order also arrives shuffled, whatever the threads do.
_SHUFFLE_INTERVAL = 0.25


# What the site's endpoint is not subscribed to. Stripe makes these events as well, and delivers them to nobody.
NOT_SUBSCRIBED = frozenset(
    """
    billing_portal.configuration.created billing_portal.session.created customer.created customer.deleted
    customer.updated invoice.created invoice.finalized invoice.marked_uncollectible invoice.payment_succeeded
    invoice.updated invoice.voided invoice_payment.paid payment_intent.created payment_intent.requires_action
    payment_method.attached price.created product.created
    """.split()
)


@dataclass(frozen=True)
class ApiRequest:
    """The API request that made the change; empty when the payer or a timer made it."""

    request_id: str | None = None
    idempotency_key: str | None = None
    # The API version that it named; without one Stripe takes the account's own, which is an older one.
    version: str | None = None


NO_REQUEST = ApiRequest()

_untold: ContextVar[bool] = ContextVar("untold", default=False)

Body = dict[str, Any]
# The type, the object as it is now, and for an update what stood there before.
NewEvent = tuple[str, Body] | tuple[str, Body, Body]


def emit(*new_events: NewEvent, request: ApiRequest = NO_REQUEST) -> None:
    """Create the events of ONE change, in their natural order, within the caller's transaction."""
    if _untold.get():
        return
    behaviour = Behaviour.current()
    copies = 2 if behaviour.two_ids else 1
    made = [_build(behaviour.release, request, *each) for each in new_events for _ in range(copies)]
    created = Event.objects.bulk_create(made)
    heard = [each for each in created if each.type not in NOT_SUBSCRIBED]
    if heard and behaviour.delivery != Behaviour.DeliveryMode.LOST:
        _schedule(heard, behaviour)


@contextmanager
def untold() -> Iterator[None]:
    """What happens within makes no events: a past that is written down afterwards."""
    token = _untold.set(True)
    try:
        yield
    finally:
        _untold.reset(token)


def resend(events: list[Event]) -> None:
    """Deliver once more, however deliveries behave now."""
    now = time.time()
    Delivery.objects.bulk_create([Delivery(event=each, due_at=now) for each in events])
    transaction.on_commit(wakeup.notify, using=ALIAS)


def _build(release: str, request: ApiRequest, type: str, body: Body, previous: Body | None = None) -> Event:
    built = event.build(
        type,
        versions.snapshot(body, release),
        created=clock.timestamp(),
        api_version=versions.api_version(release),
        request_id=request.request_id,
        idempotency_key=request.idempotency_key,
        previous=previous,
    )
    unheard = type in NOT_SUBSCRIBED
    if unheard:
        built["pending_webhooks"] = 0
    return Event(
        stripe_id=built["id"], type=type, created=built["created"], about=body["id"], delivered=unheard, body=built
    )


def _schedule(events: list[Event], behaviour: Behaviour) -> None:
    due = time.time() + (behaviour.delay if behaviour.delivery == Behaviour.DeliveryMode.LATE else 0)
    order = _shuffle(events) if behaviour.shuffled else events
    interval = _SHUFFLE_INTERVAL if behaviour.shuffled else 0
    Delivery.objects.bulk_create(
        Delivery(event=each, due_at=due + index * interval)
        for index, each in enumerate(order)
        for _ in range(2 if behaviour.doubled else 1)
    )
    transaction.on_commit(wakeup.notify, using=ALIAS)


def _shuffle(events: list[Event]) -> list[Event]:
    """Never the natural order by chance: who asks for disorder shall get it every time."""
    order = list(events)
    while len(order) > 1 and order == events:
        random.shuffle(order)
    return order
