"""Carries one event to the webhook address: claimed, signed, sent, and put off if it was not taken.

The rows are the queue. A claim is a conditional UPDATE that moves `due_at` forward by a lease, so any number of
threads and processes may work on one database, and what a killed one held comes back by itself.
"""

from __future__ import annotations

import json
import time

import requests
from django.conf import settings
from django.db import transaction

from sandbox.models import Delivery, Event
from sandbox.router import ALIAS
from sandbox.webhooks import signing

TIMEOUT = (3, 20)
# Longer than a delivery can take, so that no second worker starts on one that is under way.
LEASE = 26.0
# Whom another worker beats to one delivery takes the next: all of them would want the first again.
_ABREAST = 8
BACKOFF = [1, 2, 5, 15, 60]
SLOWEST = 300
GIVE_UP = 3 * 24 * 3600


def send_one() -> bool:
    """Carry the delivery that is due first; False if there was none."""
    due = list(Delivery.objects.filter(due_at__lte=time.time()).order_by("due_at", "pk")[:_ABREAST])
    for each in due:
        if _claimed(each):
            status, problem = _post(each.event)
            _note(each, status, problem)
            break
    return bool(due)


def _claimed(due: Delivery) -> bool:
    mine = Delivery.objects.filter(pk=due.pk, due_at=due.due_at)
    due.attempts += 1
    return bool(mine.update(due_at=time.time() + LEASE, attempts=due.attempts))


def _post(event: Event) -> tuple[int | None, str]:
    payload = json.dumps(event.body, indent=2, ensure_ascii=False)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signing.header(payload, settings.SANDBOX_WEBHOOK_SECRET, int(time.time())),
    }
    try:
        with requests.Session() as session:
            # The operator's proxy settings are for the outside world, not for this machine.
            session.trust_env = False
            answer = session.post(
                settings.SANDBOX_FORWARD_TO,
                data=payload.encode(),
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        return None, type(error).__name__
    return answer.status_code, ""


def _note(sent: Delivery, status: int | None, problem: str) -> None:
    now = time.time()
    row = Delivery.objects.filter(pk=sent.pk)
    if status is not None and 200 <= status < 300:
        with transaction.atomic(using=ALIAS):
            row.update(due_at=None, delivered_at=now, last_status=status, last_error="")
            Event.objects.filter(pk=sent.event_id, delivered=False).update(delivered=True)
        return
    wait = BACKOFF[sent.attempts - 1] if sent.attempts <= len(BACKOFF) else SLOWEST
    again = now + wait if now < sent.event.created + GIVE_UP else None
    row.update(due_at=again, last_status=status, last_error=problem)
