"""The endpoints of invoices and of the payments that belong to them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.api.endpoints.recurring import params
from sandbox.api.expand import expand
from sandbox.api.retrieve import list_found, list_objects, narrowed, retrieve
from sandbox.core import errors, store
from sandbox.engine.recurring import attempts, invoices
from sandbox.router import ALIAS
from sandbox.webhooks.events import ApiRequest, emit

Body = dict[str, Any]


def retrieve_invoice(raw: Body, request: ApiRequest, invoice_id: str) -> Body:
    """GET /v1/invoices/<id>"""
    return retrieve(invoices.KIND, invoice_id, raw, "invoice")


def list_invoices(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/invoices"""
    return list_objects(invoices.KIND, "invoices", params.LIST_INVOICES, raw, "customer status subscription")


@transaction.atomic(using=ALIAS)
def pay(raw: Body, request: ApiRequest, invoice_id: str) -> Body:
    """POST /v1/invoices/<id>/pay: by the customer's card, now."""
    clean = params.PAY_INVOICE(raw, "")
    invoice = store.require(invoices.KIND, invoice_id, "invoice")
    if invoice.status != "open":
        message = "Invoice is already paid" if invoice.status == "paid" else "This invoice can not be paid."
        raise errors.ApiError(400, message, execution_started=True)
    emit(*attempts.by_card_on_file(invoice), request=request)
    intent = invoices.intent_of(invoice)
    if failure := intent.body["last_payment_error"]:
        raise errors.card_declined(failure["code"], failure.get("decline_code"), failure["message"], intent.body)
    return expand(invoice.body, clean.get("expand", []))


def retrieve_invoice_payment(raw: Body, request: ApiRequest, payment_id: str) -> Body:
    """GET /v1/invoice_payments/<id>"""
    return retrieve(invoices.PAYMENT, payment_id, raw, "invoice_payment")


def list_invoice_payments(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/invoice_payments"""
    clean = params.LIST_INVOICE_PAYMENTS(raw, "")
    clean["payment_intent"] = clean.get("payment")
    rows = narrowed(invoices.PAYMENT, clean, "invoice payment_intent status")
    return list_found(invoices.PAYMENT, "invoice_payments", clean, rows)
