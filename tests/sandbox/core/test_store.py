"""The store: what is kept of an object, and what an update says of the values before."""

from __future__ import annotations

import pytest

from sandbox.core import store
from sandbox.core.errors import ApiError

pytestmark = pytest.mark.django_db(databases=["sandbox"])


def refund(**changes):
    body = {"id": "re_1", "object": "refund", "created": 1, "status": "pending", "charge": "ch_1", "amount": 5}
    return store.add({**body, **changes})


def test_an_object_is_found_by_its_kind_and_id_only():
    refund()
    assert store.get("refund", "re_1").charge == "ch_1"
    assert store.find("charge", "re_1") is None
    assert store.find("refund", "re_2") is None
    found = store.find_any("re_1")
    assert found is not None
    assert found.body["amount"] == 5


def test_a_required_object_that_is_missing_is_an_error_about_the_parameter():
    refund()
    assert store.require("refund", "re_1", "refund").stripe_id == "re_1"
    with pytest.raises(ApiError, match="No such refund: 're_2'") as missing:
        store.require("refund", "re_2", "id")
    assert (missing.value.status, missing.value.error["param"]) == (404, "id")


def test_an_update_returns_the_values_that_it_changed():
    record = refund()
    assert store.update(record, status="succeeded", amount=5, reason="duplicate") == {
        "status": "pending",
        "reason": None,
    }
    stored = store.get("refund", "re_1")
    assert (stored.status, stored.body["reason"]) == ("succeeded", "duplicate")


def test_only_a_succeeded_charge_is_the_charge_of_an_intent():
    failed = {"id": "ch_1", "object": "charge", "created": 1, "status": "failed", "payment_intent": "pi_1"}
    store.add(failed)
    assert store.charge_of("pi_1") is None
    store.add({**failed, "id": "ch_2", "status": "succeeded"})
    charge = store.charge_of("pi_1")
    assert charge is not None
    assert charge.stripe_id == "ch_2"
