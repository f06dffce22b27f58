"""Who may ask, and what stands around every answer."""

from __future__ import annotations

import base64

import pytest
import requests
import stripe

from sandbox.engine import sessions
from tests.sandbox.conftest import session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

KEY = {"Authorization": "Bearer sk_test_1"}


@pytest.fixture
def ask(live_server):
    def call(method: str = "GET", path: str = "events", **kwargs) -> requests.Response:
        headers = {**KEY, **kwargs.pop("headers", {})}
        return requests.request(method, f"{live_server.url}/sandbox/v1/{path}", headers=headers, timeout=10, **kwargs)

    return call


@pytest.mark.parametrize("key", ["sk_test_1", "rk_test_abc"])
def test_test_keys_are_taken_as_bearer_and_as_basic(ask, key):
    basic = base64.b64encode(f"{key}:".encode()).decode()
    assert ask(headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert ask(headers={"Authorization": f"Basic {basic}"}).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer sk_live_1", "Bearer rk_live_1", "Bearer pk_test_1", "Basic ???", "Basic c2tfbGl2ZV8xOg=="],
)
def test_other_keys_are_not(ask, authorization):
    answer = ask(headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_the_sdk_sees_an_authentication_error(live_server):
    live = stripe.StripeClient("sk_live_1", base_addresses={"api": f"{live_server.url}/sandbox"})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_live_"):
        live.v1.events.list()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "coupons"),
        ("DELETE", "checkout/sessions/cs_1"),
        ("POST", "events"),
        ("POST", "subscriptions"),
        ("POST", "charges"),
        ("DELETE", "refunds/re_1"),
    ],
)
def test_other_calls_are_not_recognised(ask, method, path):
    answer = ask(method, path)
    assert answer.status_code == 404
    assert f"Unrecognized request URL ({method}: /v1/{path})" in answer.json()["error"]["message"]


def test_an_empty_id_lists_as_it_does_at_stripe(ask):
    assert ask(path="checkout/sessions/").json()["object"] == "list"


def test_every_answer_names_its_request_and_version(ask):
    for answer in (ask(), ask(path="nothing"), ask(headers={"Authorization": ""})):
        assert answer.headers["Request-Id"].startswith("req_")
        assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    assert ask(headers={"Stripe-Version": "2026-03-25.dahlia"}).headers["Stripe-Version"] == "2026-03-25.dahlia"


def test_an_error_has_stripes_shape(ask):
    answer = ask(path="payment_intents/pi_none")
    error = answer.json()["error"]
    assert error == {
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "message": "No such payment_intent: 'pi_none'",
        "param": "intent",
        "request_log_url": f"https://dashboard.stripe.com/test/logs/{answer.headers['Request-Id']}?t=0",
        "type": "invalid_request_error",
    }


def test_only_forms_are_read(ask):
    assert ask("POST", "checkout/sessions", json=session_params()).status_code == 400
    assert ask("POST", "checkout/sessions", data=b"mode=%ff").status_code == 400
    broken = ask(
        "POST", "checkout/sessions", data=b"mode=\xff", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert broken.status_code == 400


def test_a_fault_of_its_own_is_an_api_error_and_frees_the_key(api, monkeypatch):
    def broken(*args):
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "create", broken)
        with pytest.raises(stripe.APIError) as failed:
            api.v1.checkout.sessions.create(session_params(), {"idempotency_key": "again"})
    assert failed.value.http_status == 500
    assert "a bug" not in str(failed.value)
    assert api.v1.checkout.sessions.create(session_params(), {"idempotency_key": "again"}).status == "open"
