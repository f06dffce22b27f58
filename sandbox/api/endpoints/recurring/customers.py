"""The endpoints of customers."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.api.endpoints.recurring import params
from sandbox.api.expand import expand
from sandbox.api.params import RETRIEVE
from sandbox.api.retrieve import list_found, narrowed, retrieve
from sandbox.core import store
from sandbox.engine.recurring import customers, portal, subscriptions
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS
from sandbox.webhooks.events import ApiRequest, NewEvent, emit

Body = dict[str, Any]


@transaction.atomic(using=ALIAS)
def create(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/customers"""
    clean = params.CREATE_CUSTOMER(raw, "")
    made, events = customers.create(Payer(clean.get("email"), clean.get("name")))
    store.update(made, **{name: value for name, value in clean.items() if name != "expand"})
    emit((events[0][0], made.body), request=request)
    return expand(made.body, clean.get("expand", []))


def retrieve_customer(raw: Body, request: ApiRequest, customer_id: str) -> Body:
    """GET /v1/customers/<id>"""
    return retrieve(customers.KIND, customer_id, raw, "customer")


@transaction.atomic(using=ALIAS)
def update(raw: Body, request: ApiRequest, customer_id: str) -> Body:
    """POST /v1/customers/<id>"""
    clean = params.UPDATE_CUSTOMER(raw, "")
    record = store.require(customers.KIND, customer_id, "customer")
    new = {name: value for name, value in clean.items() if name != "expand"}
    if "metadata" in new:
        new["metadata"] = {**record.body["metadata"], **new["metadata"]}
    if previous := store.update(record, **new):
        emit(("customer.updated", record.body, previous), request=request)
    return expand(record.body, clean.get("expand", []))


@transaction.atomic(using=ALIAS)
def delete(raw: Body, request: ApiRequest, customer_id: str) -> Body:
    """DELETE /v1/customers/<id>: with it end the subscriptions, and who paid is known no more."""
    RETRIEVE(raw, "")
    record = store.require(customers.KIND, customer_id, "customer")
    events: list[NewEvent] = []
    for subscription in portal.running_of(customer_id):
        events += subscriptions.end(subscription, "cancellation_requested")
    gone = {"id": customer_id, "object": customers.KIND, "deleted": True}
    emit(*events, ("customer.deleted", record.body), request=request)
    store.save(record, gone)
    return gone


def list_customers(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/customers"""
    clean = params.LIST_CUSTOMERS(raw, "")
    rows = narrowed(customers.KIND, clean, "email").exclude(body__has_key="deleted")
    return list_found(customers.KIND, "customers", clean, rows)


def retrieve_payment_method(raw: Body, request: ApiRequest, method_id: str) -> Body:
    """GET /v1/payment_methods/<id>"""
    return retrieve(customers.METHOD, method_id, raw, "payment_method")
