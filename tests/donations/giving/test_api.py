"""The JSON API: server to server, no session, no cookie, and no number that costs minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import pytest_django
from django.test import Client

from donations.models import Donation
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.stripe_objects import event, session

CREATE = "/api/donations/create-checkout-session/"
Post = Callable[..., Any]


@pytest.fixture
def api(faulty_stripe: FaultyStripe, transactional_db: None) -> Callable[..., Any]:
    client = Client(enforce_csrf_checks=True)

    def post(body: Any, path: str = CREATE, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(path, raw, content_type="application/json", headers=headers)

    return post


@pytest.mark.parametrize("amount", [50, "50", "50.00", 50.0])
def test_an_amount_gives_a_page_to_pay_on(api: Post, amount: Any) -> None:
    response = api({"amount": amount, "name": "Ada", "email": "ada@example.org", "message": "Hi", "public": True})
    assert response.status_code == 200
    donation = Donation.objects.get()
    assert response.json() == {"url": donation.session_url}
    assert (donation.amount, donation.name, donation.public) == (5000, "Ada", True)


@pytest.mark.parametrize(
    ("typed", "kept"), [("\u2800\u3164\u200b", ("", "shown")), ("Visit\u202e acme.com", ("Visit acme.com", "waiting"))]
)
def test_a_name_is_cleaned_and_held_as_one_of_the_page_is(api: Post, typed: str, kept: tuple[str, str]) -> None:
    assert api({"amount": 50, "name": typed, "email": "ada@b\u00fccher.example", "public": True}).status_code == 200
    donation = Donation.objects.get()
    assert (donation.name, donation.name_state) == kept
    assert donation.email == "ada@xn--bcher-kva.example"


def test_no_cookie_is_set_and_none_is_needed(api: Post) -> None:
    response = api({"amount": 50})
    assert not response.cookies


@pytest.mark.parametrize("path", [CREATE, CREATE.rstrip("/"), "/api/checkout/", "/api/checkout"])
def test_both_forms_of_an_address_take_a_post(api: Post, path: str) -> None:
    assert api({"amount": 50}, path).status_code == 200


def test_quick_checkout_takes_the_default_amount(api: Post) -> None:
    response = api(b"", "/api/checkout/")
    assert response.json() == {"checkout_url": Donation.objects.get().session_url}
    assert Donation.objects.get().amount == 2000


def test_an_idempotency_key_leads_to_the_same_page(api: Post) -> None:
    urls = [api({"amount": 50}, **{"Idempotency-Key": "order-1"}).json()["url"] for _ in range(2)]
    assert urls[0] == urls[1]
    assert api({"amount": 60}, **{"Idempotency-Key": "order-1"}).json()["url"] not in urls
    assert api({"amount": 50}, **{"Idempotency-Key": "order-2"}).json()["url"] not in urls
    assert Donation.objects.count() == 3


def test_a_callers_key_is_not_a_token_of_our_pages(api: Post, client: Client) -> None:
    url = api({"amount": 20}, **{"Idempotency-Key": "same"}).json()["url"]
    assert client.post("/donate", {"amount": "20", "token": "same"})["Location"] != url


def test_a_key_whose_gift_is_given_leads_to_the_truth(api: Post, post_event: Post) -> None:
    api({"amount": 20}, **{"Idempotency-Key": "k"})
    donation = Donation.objects.get()
    post_event(event("checkout.session.completed", session(donation, id=donation.session_id)))
    again = api({"amount": 20}, **{"Idempotency-Key": "k"})
    assert again.json() == {"url": f"http://localhost:8000/success?session_id={donation.session_id}"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b'{"amount": 20', 400, "malformed_json"),
        (b"\xff", 400, "malformed_json"),
        (b"[" * 20_000, 400, "malformed_json"),
        (b"{}", 400, "amount_missing"),
        (b'{"amount": ""}', 400, "amount_missing"),
        (b'{"amount": null}', 400, "amount_missing"),
        (b'{"amount": true}', 400, "amount_malformed"),
        (b'{"amount": [20]}', 400, "amount_malformed"),
        (b'{"amount": {"a": 1}}', 400, "amount_malformed"),
        (b'{"amount": "other"}', 400, "amount_malformed"),
        (b'{"amount": NaN}', 400, "amount_malformed"),
        (b'{"amount": Infinity}', 400, "amount_malformed"),
        (b'{"amount": -5}', 400, "amount_malformed"),
        (b'{"amount": 12.345}', 400, "amount_malformed"),
        (b'{"amount": 12.500}', 400, "amount_malformed"),
        (b'{"amount": "$20"}', 400, "amount_malformed"),
        (b'{"amount": "20 USD"}', 400, "amount_malformed"),
        (b'{"amount": "1,000"}', 400, "amount_malformed"),
        (b'{"amount": "12,50"}', 400, "amount_malformed"),
        (b'{"amount": ".50"}', 400, "amount_malformed"),
        (b'{"amount": "20."}', 400, "amount_malformed"),
        (b'{"amount": "100000000"}', 400, "amount_malformed"),
        (b'{"amount": 1e3000000}', 400, "amount_malformed"),
        (b'{"amount": ' + b"9" * 100_000 + b"}", 400, "amount_malformed"),
        (b'{"amount": 0}', 422, "amount_too_small"),
        (b'{"amount": 0.99}', 422, "amount_too_small"),
        (b'{"amount": 10000.01}', 422, "amount_too_large"),
        (b'{"amount": 20, "email": "nobody"}', 422, "email_invalid"),
        (b'{"amount": 20, "name": 7}', 400, "name_malformed"),
        (b'{"amount": 20, "email": "a@x\\ud800.com"}', 400, "email_malformed"),
        (b'{"amount": 20, "public": "yes"}', 400, "public_malformed"),
        (b'{"amount": 20, "pad": "' + b"x" * 300_000 + b'"}', 413, "too_large"),
    ],
)
def test_what_is_wrong_is_said_quickly_and_plainly(api: Post, body: bytes, status: int, code: str) -> None:
    started = time.monotonic()
    response = api(body)
    assert time.monotonic() - started < 10
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert not Donation.objects.exists()


def test_when_stripe_fails_the_caller_is_told_to_come_again(api: Post, faulty_stripe: FaultyStripe) -> None:
    faulty_stripe.mode = 500
    response = api({"amount": 20})
    assert response.status_code == 503
    assert response["Retry-After"]
    assert response.json()["error"]["code"] == "stripe_unavailable"
    assert "told to" not in response.content.decode(), "never an exception's text"


@pytest.mark.parametrize("code", ["amount_too_small", "amount_too_large"])
def test_an_amount_that_only_stripe_refuses_is_the_callers_to_change(
    api: Post, faulty_stripe: FaultyStripe, code: str
) -> None:
    """Stripe's bounds hold in the currency that it settles in, so no table of ours knows them all."""
    faulty_stripe.mode, faulty_stripe.code = 400, code
    response = api({"amount": 20})
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, "amount")
    assert "Stripe can take" in error["message"]


def test_what_stripe_would_refuse_is_refused_before_it_is_asked(
    api: Post, faulty_stripe: FaultyStripe, settings: Any
) -> None:
    settings.DONATION_CURRENCY, settings.DONATION_MIN, settings.DONATION_MAX = "jpy", 1, 1_000_000
    response = api({"amount": 49})
    assert (response.status_code, response.json()["error"]["code"]) == (422, "amount_too_small")
    assert "¥50" in response.json()["error"]["message"]
    assert not faulty_stripe.asked
    assert api({"amount": 50}).status_code == 200


def test_other_methods_are_refused_in_json(client: Client, db: None) -> None:
    for path, allowed in [(CREATE, "POST"), ("/api/checkout/", "POST"), ("/api/stats/", "GET")]:
        response = client.get(path) if allowed == "POST" else client.post(path)
        assert (response.status_code, response["Allow"]) == (405, allowed)
        assert response.json()["error"]["code"] == "method_not_allowed"


def test_stats_add_up_the_ledger(client: Client, make_donation: Callable[..., Donation], post_event: Post) -> None:
    assert client.get("/api/stats/").json() == {
        "currency": "usd", "raised": "0.00", "raised_minor": 0, "donations": 0,
    }  # fmt: skip
    from django.core.cache import cache

    for amount in (2000, 1050):
        post_event(event("checkout.session.completed", session(make_donation(amount=amount))))
    post_event(event("checkout.session.completed", session(make_donation(amount=900, currency="eur"))))
    make_donation()
    cache.clear()
    assert client.get("/api/stats/").json() == {
        "currency": "usd", "raised": "30.50", "raised_minor": 3050, "donations": 2,
    }  # fmt: skip


def test_too_many_pages_are_429_with_a_time_to_come_back(api: Post) -> None:
    answers = [api({"amount": 50}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0]["RateLimit-Policy"] == '"pages";q=10;w=60'
    assert answers[0]["RateLimit"].startswith('"pages";r=9;t=')
    last = answers[-1]
    assert last.json()["error"]["code"] == "too_many_requests"
    assert 0 < int(last["Retry-After"]) <= 6
    assert last["RateLimit"].startswith('"pages";r=0;t=')


def test_a_request_that_is_sent_again_is_never_too_many(api: Post) -> None:
    url = api({"amount": 50}, **{"Idempotency-Key": "order-1"}).json()["url"]
    for _ in range(10):
        api({"amount": 50})
    assert api({"amount": 50}, **{"Idempotency-Key": "order-1"}).json() == {"url": url}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8000.evil.example"])
@pytest.mark.parametrize("path", [CREATE, "/api/checkout/"])
def test_a_browser_on_another_site_is_refused(api: Post, origin: str, path: str) -> None:
    answer = api({"amount": 50}, path, Origin=origin)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer
    assert not Donation.objects.exists()


@pytest.mark.parametrize("origin", ["http://localhost:8000", "https://www.example.org"])
def test_pages_of_this_site_and_of_named_ones_may_call(
    api: Post, settings: pytest_django.Settings, origin: str
) -> None:
    settings.API_ORIGINS = ["https://www.example.org"]
    answer = api({"amount": 50}, Origin=origin)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == origin
    assert "Origin" in answer["Vary"]


def test_a_browser_asks_before_it_calls_from_another_site(client: Client, settings: pytest_django.Settings) -> None:
    settings.API_ORIGINS = ["https://www.example.org"]
    answer = client.options(CREATE, headers={"Origin": "https://www.example.org"})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Headers"] == "Content-Type, Idempotency-Key"
    assert client.options(CREATE, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.options(CREATE).status_code == 405
