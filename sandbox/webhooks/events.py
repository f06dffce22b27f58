"""Tells the world what happened: an event with a frozen snapshot, and the deliveries that carry it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from sandbox.core import versions
from sandbox.models import Behaviour, Delivery, Event
from sandbox.objects import event
from sandbox.router import ALIAS
from sandbox.webhooks import wakeup

# Wide enough that an order which was shuffled also arrives shuffled, whatever the threads do.
_STAGGER = 0.25


@dataclass(frozen=True)
class Cause:
    """The API request that made the change; empty when the donor or time itself did."""

    request_id: str | None = None
    idempotency_key: str | None = None


NOBODY = Cause()

Body = dict[str, Any]
# The type, the object as it is now, and for an update what stood there before.
Happening = tuple[str, Body] | tuple[str, Body, Body]


def announce(*happenings: Happening, cause: Cause = NOBODY) -> None:
    """Record the events of ONE change, in their natural order, within the caller's transaction."""
    mood = Behaviour.current()
    times = 2 if mood.two_ids else 1
    told = [_record(mood.release, cause, *happening) for happening in happenings for _ in range(times)]
    if mood.delivery != Behaviour.Deliver.LOST:
        _send(told, mood)


def resend(events: list[Event]) -> None:
    """Deliver once more, whatever the mood."""
    now = time.time()
    Delivery.objects.bulk_create([Delivery(event=each, due_at=now) for each in events])
    transaction.on_commit(wakeup.ring, using=ALIAS)


def _record(release: str, cause: Cause, type: str, body: Body, previous: Body | None = None) -> Event:
    told = event.build(
        type,
        versions.snapshot(body, release),
        created=int(time.time()),
        api_version=versions.version(release),
        request_id=cause.request_id,
        idempotency_key=cause.idempotency_key,
        previous=previous,
    )
    return Event.objects.create(stripe_id=told["id"], type=type, created=told["created"], about=body["id"], body=told)


def _send(told: list[Event], mood: Behaviour) -> None:
    due = time.time() + (mood.delay if mood.delivery == Behaviour.Deliver.LATE else 0)
    order = _shuffled(told) if mood.shuffled else told
    gap = _STAGGER if mood.shuffled else 0
    Delivery.objects.bulk_create(
        Delivery(event=each, due_at=due + place * gap)
        for place, each in enumerate(order)
        for _ in range(2 if mood.doubled else 1)
    )
    transaction.on_commit(wakeup.ring, using=ALIAS)


def _shuffled(told: list[Event]) -> list[Event]:
    """Never the natural order by chance: who asks for disorder shall get it every time."""
    order = list(told)
    while len(order) > 1 and order == told:
        random.shuffle(order)
    return order
