"""Stripe's HTTP API: authentication, routing, and the headers and idempotency around every response."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from sandbox.api import faults, form_encoding, idempotency, permissions, routes
from sandbox.core import accounts, ids, versions
from sandbox.core.errors import ApiError
from sandbox.router import ALIAS
from sandbox.webhooks.events import ApiRequest

log = logging.getLogger(__name__)


@csrf_exempt
def v1(request: HttpRequest, rest: str) -> HttpResponse:
    """Respond to one API request, or break its connection."""
    path = rest.rstrip("/")
    fault = "" if path.startswith(routes.CONTROL) else faults.inject_fault(f"{request.method} {path}")
    if fault in faults.BEFORE:
        return faults.drop(request, fault)
    response = _handle(request, path, fault)
    return faults.drop(request, fault) if fault in faults.AFTER else response


def _handle(request: HttpRequest, path: str, fault: str) -> HttpResponse:
    request_id = ids.new("req")
    try:
        response = _answer(request, path, request_id, fault)
    except ApiError as error:
        response = _respond(error.status, _dump(error.body(request_id)))
    except Exception:
        log.exception("the sandbox failed on %s %s", request.method, request.path)
        unknown = ApiError(500, "An unknown error occurred in the sandbox.", type="api_error")
        response = _respond(500, _dump(unknown.body(request_id)))
    response["Request-Id"] = request_id
    response["Stripe-Version"] = request.headers.get("Stripe-Version", versions.CURRENT)
    if key := request.headers.get("Idempotency-Key"):
        response["Idempotency-Key"] = key
    return response


def _answer(request: HttpRequest, path: str, request_id: str, fault: str) -> HttpResponse:
    api_key = _authenticate(request.headers.get("Authorization", ""))
    with accounts.opened_by(api_key):
        return _answer_from_account(request, path, request_id, fault, api_key)


def _answer_from_account(request: HttpRequest, path: str, request_id: str, fault: str, api_key: str) -> HttpResponse:
    endpoint, arguments = routes.find(request.method or "", path)
    raw = request.META["QUERY_STRING"] if request.method in {"GET", "DELETE"} else _form(request)
    params = form_encoding.parse(raw)
    permissions.check(api_key, request.method or "", path, params)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    api_request = ApiRequest(request_id, key, request.headers.get("Stripe-Version"))

    def work() -> dict[str, Any]:
        faults.raise_error(fault, key)
        return endpoint(params, api_request, *arguments)

    if key is None:
        return _respond(200, _dump(work()))
    kept = f"{accounts.present()}{key}"
    replayed = idempotency.begin(kept, idempotency.fingerprint(path, params), request_id)
    if replayed is not None:
        replay = _respond(replayed.status or 200, replayed.body)
        replay["Idempotent-Replayed"] = "true"
        replay["Original-Request"] = replayed.request_id
        return replay
    return _execute(work, kept, request_id)


def _execute(work: Callable[[], dict[str, Any]], key: str, request_id: str) -> HttpResponse:
    try:
        with transaction.atomic(using=ALIAS):
            status, body = _outcome(work, request_id)
            idempotency.finish(key, status, body)
        return _respond(status, body)
    except Exception:
        idempotency.release(key)
        raise


def _outcome(work: Callable[[], dict[str, Any]], request_id: str) -> tuple[int, str]:
    """What the work answers. An error after it began is an answer as well: a charge that was declined stays."""
    try:
        return 200, _dump(work())
    except ApiError as error:
        if not error.execution_started:
            raise
        return error.status, _dump(error.body(request_id))


def _authenticate(header: str) -> str:
    """The key."""
    key = _key(header)
    if not key:
        raise ApiError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
        )
    only = settings.SANDBOX_KEY
    if not key.startswith(("sk_test_", "rk_test_")) or (only and not constant_time_compare(key, only)):
        raise ApiError(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:] if len(key) > 16 else ''}")
    return key


def _key(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _form(request: HttpRequest) -> str:
    if request.body and request.content_type != "application/x-www-form-urlencoded":
        raise ApiError(
            400,
            "Invalid request: the Content-Type must be application/x-www-form-urlencoded, "
            f"not {request.content_type or 'missing'}.",
        )
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise ApiError(400, "Invalid request: the body is not UTF-8.") from None


def _dump(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _respond(status: int, body: str) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")
