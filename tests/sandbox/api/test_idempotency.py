"""Idempotency keys: one key, one change, one answer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from sandbox.engine import sessions
from sandbox.models import IdempotentCall, Record
from tests.sandbox.conftest import session_params, wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def create(api, key, **extra):
    return api.v1.checkout.sessions.create(session_params(**extra), {"idempotency_key": key})


def test_the_same_request_gets_the_same_answer(api):
    first, second = create(api, "k"), create(api, "k")
    assert second.to_dict() == first.to_dict()
    assert Record.objects.count() == 1
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]


def test_without_a_key_each_request_is_its_own(api):
    assert api.v1.checkout.sessions.create(session_params()).id != api.v1.checkout.sessions.create(session_params()).id


def test_the_answer_stays_what_it_was_when_the_object_moves_on(api):
    session = create(api, "k")
    api.v1.checkout.sessions.expire(session.id)
    assert create(api, "k").status == "open"


def test_other_parameters_under_one_key_are_refused(api):
    create(api, "k")
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as refused:
        create(api, "k", client_reference_id="other")
    assert refused.value.http_status == 400


def test_another_call_under_one_key_is_refused(api):
    session = create(api, "k")
    with pytest.raises(stripe.IdempotencyError):
        api.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "k"})


def test_while_the_first_request_runs_the_second_is_in_use(api, monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    real = sessions.create

    def slow(params):
        inside.set()
        assert go_on.wait(10)
        return real(params)

    monkeypatch.setattr(sessions, "create", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(create, api, "k")
        assert inside.wait(10)
        with pytest.raises(stripe.APIError) as busy:
            create(api, "k")
        go_on.set()
        made = first.result(10)
    assert busy.value.http_status == 409
    assert busy.value.error is not None
    assert busy.value.error.code == "idempotency_key_in_use"
    assert create(api, "k").id == made.id


def test_sixteen_at_once_make_one_session(api):
    def attempt(_):
        try:
            return create(api, "k").id
        except stripe.APIError as error:
            return error.http_status

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(attempt, range(16)))
    assert len(answers - {409}) == 1
    assert Record.objects.count() == 1


def test_a_refused_request_does_not_use_up_its_key(api):
    with pytest.raises(stripe.InvalidRequestError):
        create(api, "k", mode="rental")
    assert create(api, "k").status == "open"


def test_an_error_found_while_acting_is_kept(api):
    session = create(api, "a")
    api.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "b"})
    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions") as refused:
            api.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "c"})
        assert refused.value.headers is not None
        assert refused.value.headers.get("Idempotent-Replayed") == replayed


def test_the_key_of_a_killed_request_is_free_after_a_minute(api):
    IdempotentCall.objects.create(key="k", fingerprint="?", started_at=time.time() - 50, request_id="req_dead")
    with pytest.raises(stripe.StripeError):
        create(api, "k")
    IdempotentCall.objects.update(started_at=time.time() - 61)
    assert create(api, "k").status == "open"
    assert Record.objects.count() == 1


def test_keys_are_forgotten_after_a_day(api):
    first = create(api, "k")
    IdempotentCall.objects.update(started_at=time.time() - 24 * 3600 - 1)
    assert create(api, "k").id != first.id


def test_a_key_has_at_most_255_characters(api):
    assert create(api, "k" * 255).status == "open"
    with pytest.raises(stripe.IdempotencyError, match="255"):
        create(api, "k" * 256)


def test_an_event_names_the_request_that_caused_it(api):
    session = create(api, "k")
    expired = api.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "because"})
    request = wait_until(lambda: api.v1.events.list().data)[0].request
    assert request.idempotency_key == "because"
    assert request.id == expired.last_response.headers["Request-Id"]
