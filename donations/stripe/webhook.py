"""Stripe's events come in here. The answer tells Stripe whether to send the event again."""

from __future__ import annotations

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from donations.stripe import client, events
from donations.stripe.errors import BadSignature
from lib.watch import measures

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200: handled, deferred, ignored or known already. 400: not a genuine event of ours. 500: failed, send again."""
    try:
        # The raw bytes, before anything parses them: the signature is over these.
        text = client.verify(request.body, request.headers.get("Stripe-Signature", ""))
    except RequestDataTooBig:
        return _answer(413, "too large")
    except BadSignature as error:
        log.warning("webhook refused: %s", error)
        return _answer(400, "bad signature")
    try:
        events.receive(text)
    except events.NotAnEvent as error:
        log.warning("webhook refused: %s", error)
        return _answer(400, str(error))
    except Exception:
        # On record and in the log, with its error; Stripe will send the event again.
        return _answer(500, "failed")
    return _answer(200, "ok")


def _answer(status: int, text: str) -> HttpResponse:
    measures.WEBHOOKS.labels(str(status)).inc()
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
