"""The endpoints of charges, refunds, disputes, balance transactions and payouts."""

from __future__ import annotations

from typing import Any

from sandbox.api import params
from sandbox.api.expand import expand
from sandbox.api.retrieve import list_objects, retrieve
from sandbox.core import errors, store
from sandbox.engine import balance, disputes, fraud_warnings, payouts, refunds, settlement
from sandbox.models import Record
from sandbox.webhooks.events import ApiRequest, emit

Body = dict[str, Any]


def retrieve_charge(raw: Body, request: ApiRequest, charge_id: str) -> Body:
    """GET /v1/charges/<id>"""
    return retrieve("charge", charge_id, raw, "id")


def list_charges(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/charges"""
    return list_objects("charge", "charges", params.LIST_CHARGES, raw, "payment_intent customer")


def create_refund(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/refunds"""
    clean = params.CREATE_REFUND(raw, "")
    created = refunds.create(
        _charge_to_refund(clean).stripe_id,
        clean.get("amount"),
        reason=clean.get("reason"),
        metadata=clean.get("metadata"),
        request=request,
    )
    return expand(created.body, clean.get("expand", []))


def retrieve_refund(raw: Body, request: ApiRequest, refund_id: str) -> Body:
    """GET /v1/refunds/<id>"""
    return retrieve(refunds.KIND, refund_id, raw, "refund")


def list_refunds(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/refunds"""
    return list_objects(refunds.KIND, "refunds", params.LIST_REFUNDS, raw, "charge payment_intent")


def update_refund(raw: Body, request: ApiRequest, refund_id: str) -> Body:
    """POST /v1/refunds/<id>: its metadata, which is all that can be changed."""
    clean = params.UPDATE_REFUND(raw, "")
    record = store.require(refunds.KIND, refund_id, "refund")
    if "metadata" in clean:
        previous = store.update(record, metadata={**record.body["metadata"], **clean["metadata"]})
        emit(("refund.updated", record.body, previous), request=request)
    return expand(record.body, clean.get("expand", []))


def cancel_refund(raw: Body, request: ApiRequest, refund_id: str) -> Body:
    """POST /v1/refunds/<id>/cancel"""
    clean = params.RETRIEVE(raw, "")
    found = store.require(refunds.KIND, refund_id, "refund")
    canceled = refunds.settle(refund_id, "canceled", request)
    if canceled is None:
        message = (
            f"You cannot cancel this refund: its status is {found.status}, and only pending refunds can be canceled."
        )
        raise errors.ApiError(400, message, execution_started=True)
    return expand(canceled.body, clean.get("expand", []))


def retrieve_dispute(raw: Body, request: ApiRequest, dispute_id: str) -> Body:
    """GET /v1/disputes/<id>"""
    return retrieve(disputes.KIND, dispute_id, raw, "dispute")


def list_disputes(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/disputes"""
    return list_objects(disputes.KIND, "disputes", params.LIST_DISPUTES, raw, "charge payment_intent")


def retrieve_fraud_warning(raw: Body, request: ApiRequest, warning_id: str) -> Body:
    """GET /v1/radar/early_fraud_warnings/<id>"""
    return retrieve(fraud_warnings.KIND, warning_id, raw, "early_fraud_warning")


def list_fraud_warnings(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/radar/early_fraud_warnings"""
    path, filters = "radar/early_fraud_warnings", "charge payment_intent"
    return list_objects(fraud_warnings.KIND, path, params.LIST_DISPUTES, raw, filters)


def retrieve_balance_transaction(raw: Body, request: ApiRequest, transaction_id: str) -> Body:
    """GET /v1/balance_transactions/<id>"""
    return retrieve(balance.KIND, transaction_id, raw, "id")


def list_balance_transactions(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/balance_transactions"""
    settlement.settle_all()
    validate, filters = params.LIST_BALANCE_TRANSACTIONS, "currency payout source type"
    return list_objects(balance.KIND, "balance_transactions", validate, raw, filters)


def retrieve_payout(raw: Body, request: ApiRequest, payout_id: str) -> Body:
    """GET /v1/payouts/<id>"""
    return retrieve(payouts.KIND, payout_id, raw, "payout")


def list_payouts(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/payouts"""
    return list_objects(payouts.KIND, "payouts", params.LIST_PAYOUTS, raw, "status")


def _charge_to_refund(clean: Body) -> Record:
    intent_id, charge_id = clean.get("payment_intent"), clean.get("charge")
    if intent_id and charge_id:
        message = "You may only specify one of these parameters: charge, payment_intent."
        raise errors.parameter_invalid(message, "charge")
    if charge_id:
        charge = store.require("charge", charge_id, "charge")
        if charge.status != "succeeded":
            raise errors.ApiError(
                400, f"Charge {charge_id} has not succeeded, so there is nothing to refund.", execution_started=True
            )
        return charge
    if not intent_id:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise errors.ApiError(400, message)
    store.require("payment_intent", intent_id, "payment_intent")
    paid = store.charge_of(intent_id)
    if paid is None:
        message = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
        raise errors.ApiError(400, message, execution_started=True)
    return paid
