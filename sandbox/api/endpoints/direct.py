"""The endpoints by which a program sells without a page: products, prices, cards, intents of its own.

As much of them as `stripe trigger` needs, and the one by which Stripe's own page pays (`payment_pages`).
"""

from __future__ import annotations

from typing import Any

from sandbox.api import direct_params as params
from sandbox.api.expand import expand
from sandbox.api.params import RETRIEVE
from sandbox.api.retrieve import retrieve
from sandbox.core import clock, errors, store
from sandbox.engine import direct_payments, sessions, test_cards
from sandbox.engine.recurring import checkout as recurring
from sandbox.models import Record
from sandbox.objects import catalog, payment_method
from sandbox.objects.charge import Failure
from sandbox.webhooks.events import ApiRequest, emit

Body = dict[str, Any]

# Since this release Stripe decides by itself which methods an intent offers. Who names no release has an older one.
_WITHOUT_TYPES = "2026-09-30"


def create_product(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/products"""
    made = store.add(catalog.product(params.CREATE_PRODUCT(raw, ""), created=clock.timestamp()))
    emit(("product.created", made.body), request=request)
    return made.body


def retrieve_product(raw: Body, request: ApiRequest, product_id: str) -> Body:
    """GET /v1/products/<id>"""
    return retrieve("product", product_id, raw, "id")


def create_price(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/prices"""
    clean = params.CREATE_PRICE(raw, "")
    if store.find("product", clean["product"]) is None:
        raise errors.resource_missing("product", clean["product"], "product", status=400)
    made = store.add(catalog.price(clean, clean["product"], created=clock.timestamp()))
    emit(("price.created", made.body), request=request)
    return expand(made.body, clean.get("expand", []))


def retrieve_price(raw: Body, request: ApiRequest, price_id: str) -> Body:
    """GET /v1/prices/<id>"""
    return retrieve("price", price_id, raw, "price")


def create_payment_method(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/payment_methods: a test card by its token, since real numbers are nothing for a program."""
    clean = params.CREATE_PAYMENT_METHOD(raw, "")
    token = clean["card"]["token"]
    card = test_cards.named(token)
    if card is None:
        raise errors.resource_missing("token", token, "card[token]", status=400)
    body = payment_method.card(
        clean.get("billing_details", {}),
        brand=card.brand,
        last4=card.number[-4:],
        year=direct_payments.EXPIRY.year,
        created=clock.timestamp(),
    )
    return store.add(body, hidden={"card": card.number}).body


def create_intent(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/payment_intents"""
    if "payment_method_types" in raw and (request.version or "") >= _WITHOUT_TYPES:
        raise errors.parameter_unknown(["payment_method_types"])
    clean = params.CREATE_INTENT(raw, "")
    intent = direct_payments.create(clean, request)
    if clean.get("confirm"):
        return _answer(*direct_payments.confirm(intent.stripe_id, None, request), clean)
    return _answer(intent, None, clean)


def confirm_intent(raw: Body, request: ApiRequest, intent_id: str) -> Body:
    """POST /v1/payment_intents/<id>/confirm"""
    clean = params.CONFIRM_INTENT(raw, "")
    store.require(direct_payments.KIND, intent_id, "intent")
    return _answer(*direct_payments.confirm(intent_id, clean.get("payment_method"), request), clean)


def retrieve_page(raw: Body, request: ApiRequest, session_id: str) -> Body:
    """GET /v1/payment_pages/<id of a session>: what Stripe's page asks before it shows itself."""
    RETRIEVE(raw, "")
    return store.require(sessions.KIND, session_id, "session").body


def confirm_page(raw: Body, request: ApiRequest, session_id: str) -> Body:
    """POST /v1/payment_pages/<id of a session>/confirm: what Stripe's page sends when the payer presses Pay."""
    clean = params.CONFIRM_PAGE(raw, "")
    session = store.require(sessions.KIND, session_id, "session")
    expected = clean.get("expected_amount", session.body["amount_total"])
    if expected != session.body["amount_total"]:
        message = "The amount that was expected is not what this Checkout Session asks for."
        raise errors.parameter_invalid(message, "expected_amount", "checkout_amount_mismatch")
    card, payer = direct_payments.card_of(clean["payment_method"])
    result = recurring.pay(session_id, card, direct_payments.EXPIRY, payer)
    if result.status == "closed":
        raise errors.ApiError(400, "This Checkout Session is no longer active.", execution_started=True)
    session = store.get(sessions.KIND, session_id)
    return _answer(session, result.failure, clean, recurring.intent_of(session))


def _answer(record: Record, failure: Failure | None, clean: Body, intent: Record | None = None) -> Body:
    if failure is not None:
        raise errors.card_declined(failure.code, failure.decline_code, failure.message, (intent or record).body)
    return expand(record.body, clean.get("expand", []))
