"""Delivers one event to the webhook endpoint: claimed, signed, sent, and retried later unless answered with 2xx.

The rows are the queue. A claim is a conditional UPDATE that moves `due_at` forward by a lease, so any number of
threads and processes may work on one database, and what a killed one held comes back by itself.
"""

from __future__ import annotations

import json
import time

from django.conf import settings
from django.db import transaction

from sandbox.models import Delivery, Event
from sandbox.router import ALIAS
from sandbox.webhooks import signing

TIMEOUT = (3, 20)
# Longer than a delivery can take, so that no second worker starts on one that is under way.
LEASE = 26.0
# A worker that loses the race for one delivery tries the next: all of them would want the first again.
_CANDIDATES = 8
BACKOFF = [1, 2, 5, 15, 60]
MAX_BACKOFF = 300
RETRY_FOR = 3 * 24 * 3600


def deliver_next() -> bool:
    """Attempt the delivery that is due first; False if none was due."""
    due = list(Delivery.objects.filter(due_at__lte=time.time()).order_by("due_at", "pk")[:_CANDIDATES])
    for each in due:
        if _claim(each):
            status, error_name = _post(each.event)
            _record_result(each, status, error_name)
            break
    return bool(due)


def _claim(delivery: Delivery) -> bool:
    unclaimed = Delivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at)
    delivery.attempts += 1
    return bool(unclaimed.update(due_at=time.time() + LEASE, attempts=delivery.attempts))


def _post(event: Event) -> tuple[int | None, str]:
    import requests  # heavy, and pages do without it

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
            response = session.post(
                settings.SANDBOX_FORWARD_TO,
                data=payload.encode(),
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        return None, type(error).__name__
    return response.status_code, ""


def _record_result(delivery: Delivery, status: int | None, error_name: str) -> None:
    now = time.time()
    row = Delivery.objects.filter(pk=delivery.pk)
    if status is not None and 200 <= status < 300:
        with transaction.atomic(using=ALIAS):
            row.update(due_at=None, delivered_at=now, last_status=status, last_error="")
            Event.objects.filter(pk=delivery.event_id, delivered=False).update(delivered=True)
        return
    backoff = BACKOFF[delivery.attempts - 1] if delivery.attempts <= len(BACKOFF) else MAX_BACKOFF
    retry_at = now + backoff if now < delivery.made_at + RETRY_FOR else None
    row.update(due_at=retry_at, last_status=status, last_error=error_name)
