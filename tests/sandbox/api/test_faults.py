"""Fault injection: which requests fail, how often, and what is left of the request afterwards.

The time-outs and resets themselves are tried in test_connection and, in a process of its own, in test_standalone.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import requests
import stripe

from sandbox.api import faults
from sandbox.models import Behaviour, Event, Record
from tests.sandbox.conftest import session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def create(api, key=None):
    return api.v1.checkout.sessions.create(session_params(), {"idempotency_key": key} if key else {})


def sessions() -> int:
    return Record.objects.filter(kind="checkout.session").count()


@pytest.mark.parametrize(
    ("fault", "error", "status", "code"),
    [
        ("429", stripe.RateLimitError, 429, "rate_limit"),
        ("lock_timeout", stripe.RateLimitError, 429, "lock_timeout"),
        ("409", stripe.APIError, 409, "idempotency_key_in_use"),
        ("500", stripe.APIError, 500, None),
    ],
)
def test_the_sdk_sees_the_error(api, control, fault, error, status, code):
    control(fault=fault)
    with pytest.raises(error) as failed:
        create(api)
    assert failed.value.http_status == status
    assert failed.value.error is not None
    assert getattr(failed.value.error, "code", None) == code
    assert failed.value.request_id
    assert sessions() == 0


@pytest.mark.parametrize("fault", ["429", "lock_timeout", "409"])
def test_the_same_key_works_once_the_fault_is_over(api, control, fault):
    control(fault=fault)
    with pytest.raises(stripe.StripeError):
        create(api, "k")
    control(fault="")
    assert create(api, "k").status == "open"


def test_an_error_of_stripes_stays_under_its_key(api, control):
    control(fault="500")
    with pytest.raises(stripe.APIError):
        create(api, "k")
    control(fault="")
    with pytest.raises(stripe.APIError) as again:
        create(api, "k")
    assert again.value.http_status == 500
    assert again.value.headers is not None
    assert again.value.headers["Idempotent-Replayed"] == "true"
    assert create(api, "another").status == "open"


def test_an_error_stops_a_refund_before_it_begins(api, charge_of, control, pay_session):
    charge = charge_of(pay_session())
    control(fault="500")
    before = Event.objects.count()
    with pytest.raises(stripe.APIError):
        api.v1.refunds.create({"charge": charge.id})
    control(fault="")
    assert api.v1.charges.retrieve(charge.id).amount_refunded == 0
    assert Event.objects.count() == before


@pytest.mark.parametrize("fault", ["429", "lock_timeout", "500"])
def test_reading_fails_too(api, control, fault):
    control(fault=fault)
    with pytest.raises(stripe.StripeError) as failed:
        api.v1.events.list()
    assert failed.value.http_status == (500 if fault == "500" else 429)


def test_reading_has_no_key_that_could_be_in_use(api, control):
    control(fault="409")
    assert api.v1.events.list().data == []


def test_the_pay_page_and_the_control_api_never_fail(client, control, create_session, pay):
    session = create_session()
    control(fault="500")
    assert client.get(f"/sandbox/pay/{session.id}").status_code == 200
    assert pay(session.id).status_code == 303
    assert control("/refund", session=session.id)["status"] == "succeeded"
    assert control(fault="")["fault"] == ""


def outcomes(api, count=40):
    def fails() -> bool:
        try:
            api.v1.events.list()
        except stripe.RateLimitError:
            return True
        return False

    return [fails() for _ in range(count)]


def test_a_share_of_the_calls_fails_and_the_seed_says_which(api, control):
    control(fault="429", fault_rate=30, fault_seed=1)
    first = outcomes(api)
    assert 4 <= sum(first) <= 20
    control(fault_seed=2)
    assert outcomes(api) != first
    control(fault_seed=1)
    assert outcomes(api) == first
    control(fault_rate=0)
    assert not any(outcomes(api))
    control(fault_rate=100)
    assert all(outcomes(api))


def test_the_calls_that_are_named_fail_and_no_others(api, control):
    control(fault="429", fault_calls="POST refunds")
    assert not any(outcomes(api))
    with pytest.raises(stripe.RateLimitError):
        api.v1.refunds.create({"payment_intent": "pi_1"})
    control(fault_calls="")
    assert all(outcomes(api))


@pytest.mark.parametrize(
    "fields",
    [
        {"fault": "fire"},
        {"fault_rate": 101},
        {"fault_rate": -1},
        {"fault_seed": "x"},
        {"fault_seconds": 31},
        {"fault_calls": "x" * 101},
    ],
)
def test_an_unknown_fault_is_refused(control, fields):
    assert control(**fields)["error"]["param"] == next(iter(fields))
    assert not Behaviour.objects.exists()


def test_a_time_out_ends_after_its_seconds(rf, monkeypatch):
    clock = SimpleNamespace(now=100.0)
    clock.monotonic = lambda: clock.now
    clock.sleep = lambda seconds: setattr(clock, "now", clock.now + seconds)
    monkeypatch.setattr(faults, "time", clock)
    Behaviour.objects.create(fault_seconds=7)
    faults.drop(rf.get("/"), "timeout_after")
    assert 107 <= clock.now < 107.1


def test_a_server_that_hides_its_socket_cuts_the_response_short(rf):
    response = faults.drop(rf.get("/"), "reset_after")
    assert (response.content, response["Content-Length"]) == (b"", "1000000")


def test_without_a_fault_an_answer_is_whole(live_server):
    answer = requests.get(f"{live_server.url}/sandbox/v1/events", auth=("sk_test_1", ""), timeout=10)
    assert len(answer.content) == int(answer.headers["Content-Length"])
