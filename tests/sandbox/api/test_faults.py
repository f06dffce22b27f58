"""Fault injection: which requests fail, how often, and what is left of the request afterwards.

The time-outs and resets themselves are tried in test_connection and, in a process of its own, in test_standalone.
"""

from __future__ import annotations

import pytest
import requests
import stripe

from sandbox.api import faults
from sandbox.models import Behaviour, Event, Record
from tests.sandbox.conftest import wanted

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def create(api, key=None):
    return api.v1.checkout.sessions.create(wanted(), {"idempotency_key": key} if key else {})


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


def test_an_error_stops_a_refund_before_it_begins(api, charge_of, control, paid):
    charge = charge_of(paid())
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


def test_the_pay_page_and_the_control_api_never_fail(client, control, opened, pay):
    session = opened()
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


@pytest.mark.parametrize(
    "fields", [{"fault": "fire"}, {"fault_rate": 101}, {"fault_rate": -1}, {"fault_seed": "x"}, {"fault_seconds": 31}]
)
def test_an_unknown_fault_is_refused(control, fields):
    assert control(**fields)["error"]["param"] == next(iter(fields))
    assert not Behaviour.objects.exists()


def test_a_time_out_ends_by_itself_and_leaves_no_answer(rf):
    Behaviour.objects.create(fault_seconds=0)
    answer = faults.drop(rf.get("/"), "timeout_after")
    assert (answer.content, answer["Content-Length"]) == (b"", "1000000")


def test_without_a_fault_an_answer_is_whole(live_server):
    answer = requests.get(f"{live_server.url}/sandbox/v1/events", auth=("sk_test_1", ""), timeout=10)
    assert len(answer.content) == int(answer.headers["Content-Length"])
