"""A live site with its sandbox, Stripe's own SDK as its client, and a webhook endpoint that receives its events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import stripe
from django.test import Client

from sandbox import worker
from sandbox.models import Event

SECRET = "whsec_of_these_tests"
VISA = "4242424242424242"


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """The condition's first true value; an error if it stays false."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.02)
    return found


@dataclass
class ReceivedWebhook:
    """One delivery as it arrived."""

    body: str
    headers: dict[str, str]

    @property
    def event(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A webhook endpoint that answers with these statuses (200 when the list is used up)."""

    url: str = ""
    received: list[ReceivedWebhook] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def types(self) -> list[str]:
        return [each.event["type"] for each in self.received]

    def wait(self, count: int) -> Any:
        return wait_until(lambda: self.received[:count] if len(self.received) >= count else None)


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(ReceivedWebhook(body, headers))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            # Somewhere to go, for a client that would follow a redirect.
            self.send_header("Location", "/hook")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    settings.SANDBOX_FORWARD_TO = receiver.url
    settings.SANDBOX_WEBHOOK_SECRET = SECRET
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def worker_running(receiver, monkeypatch) -> Iterator[None]:
    """The worker's threads run, and do not wait for long."""
    monkeypatch.setattr(worker, "POLL_INTERVAL", 0.05)
    worker.start()
    yield
    worker.stop()


@pytest.fixture
def api(live_server, settings) -> stripe.StripeClient:
    """Stripe's SDK, whose Stripe is the sandbox."""
    settings.SANDBOX_URL = f"{live_server.url}/sandbox"
    return stripe.StripeClient(
        "sk_test_sandbox",
        base_addresses={"api": f"{live_server.url}/sandbox"},
        http_client=stripe.RequestsClient(timeout=10),
    )


def session_params(**extra: Any) -> Any:
    """The parameters of a session about $20."""
    return {
        "mode": "payment",
        "success_url": "https://site.example/success?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://site.example/cancel",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Notebook"}},
            }
        ],
        **extra,
    }


@pytest.fixture
def create_session(api) -> Callable[..., stripe.checkout.Session]:
    """Creates a session."""
    return lambda **extra: api.v1.checkout.sessions.create(session_params(**extra))


@pytest.fixture
def pay(client: Client) -> Callable[..., Any]:
    """Fills in a card on a session's payment page and presses Pay."""

    def press(session_id: str, number: str = VISA, **typed: str) -> Any:
        form = {
            "number": number,
            "exp": "12/40",
            "cvc": "123",
            "email": "ada@example.com",
            "name": "Ada",
            "pay": "card",
        }
        return client.post(f"/sandbox/pay/{session_id}", {**form, **typed})

    return press


@pytest.fixture
def pay_session(create_session, pay) -> Callable[..., stripe.checkout.Session]:
    """Creates a session and pays it by card."""

    def make(number: str = VISA, **extra: Any) -> Any:
        session = create_session(**extra)
        assert pay(session.id, number).status_code == 303
        return session

    return make


MONTHLY = {"interval": "month"}


def monthly_params(**extra: Any) -> Any:
    """The parameters of a session that begins a subscription of $20 a month; `recurring` makes it another interval."""
    recurring = extra.pop("recurring", MONTHLY)
    price = {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Donation"}, "recurring": recurring}
    params = {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price_data": price}],
        "subscription_data": {"metadata": {"donation": "R-1"}},
    }
    return session_params(**{**params, **extra})


@pytest.fixture
def subscribe(api, client, pay) -> Callable[..., stripe.Subscription]:
    """Begins a subscription by card on the payment page."""

    def make(number: str = VISA, **extra: Any) -> Any:
        session = api.v1.checkout.sessions.create(monthly_params(**extra))
        if pay(session.id, number).status_code == 302:
            client.post(f"/sandbox/pay/{session.id}/3ds", {"approve": "1"})
        paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
        assert paid.status == "complete"
        return paid.subscription

    return make


@pytest.fixture
def charge_of(api) -> Callable[..., Any]:
    """The charge of a session as it is now, with its balance transaction by default."""

    def find(session: Any, expand: str = "payment_intent.latest_charge.balance_transaction") -> Any:
        return api.v1.checkout.sessions.retrieve(session.id, {"expand": [expand]}).payment_intent.latest_charge

    return find


def event_types() -> list[str]:
    """The types of all events, oldest first."""
    return list(Event.objects.order_by("number").values_list("type", flat=True))


@pytest.fixture
def control(live_server) -> Callable[..., Any]:
    """The control API, as `curl` would call it."""

    def call(path: str = "", **fields: Any) -> Any:
        url = f"{live_server.url}/sandbox/v1/test_helpers/sandbox{path}"
        answer = requests.post(url, data=fields, headers={"Authorization": "Bearer sk_test_1"}, timeout=10)
        return answer.json()

    return call
