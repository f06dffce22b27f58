"""The stand-in as its own process: it serves, it stops, and a kill loses no event."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from tests.project.processes import Process
from tests.project.running import free_port
from tests.sandbox.conftest import SECRET, session_params, wait_until


@pytest.fixture
def launch(tmp_path, receiver) -> Iterator[Callable[[int], Process]]:
    """Starts `manage.py sandbox`, which finds no other database than the one it is given."""
    running: list[Process] = []
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 40,
        "DEBUG": "true",
        "STRIPE_SECRET_KEY": "",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'nowhere' / 'site.sqlite3'}",
    }

    def start(port: int) -> Process:
        command = ["manage.py", "sandbox", "--port", str(port), "--forward-to", receiver.url]
        command += ["--secret", SECRET, "--database", str(tmp_path / "books" / "stripe.sqlite3")]
        with (tmp_path / "errors").open("a") as errors:
            process = Process(command, environment, errors)
        running.append(process)
        assert f"http://127.0.0.1:{port}/v1" in process.stdout.readline()
        wait_until(lambda: listening(port))
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def browse(port: int, path: str, **typed: str) -> requests.Response:
    """Fills a page's form as a browser does."""
    with requests.Session() as browser:
        page = browser.get(f"http://127.0.0.1:{port}{path}", timeout=10)
        if not typed:
            return page
        (typed["csrfmiddlewaretoken"],) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        return browser.post(page.url, data=typed, allow_redirects=False, timeout=10)


def client_of(port: int, prefix: str = "") -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_1", base_addresses={"api": f"http://127.0.0.1:{port}{prefix}"})


def test_it_serves_at_the_root_and_below_the_prefix(launch, receiver, tmp_path):
    port = free_port()
    process = launch(port)
    session = client_of(port).v1.checkout.sessions.create(session_params())
    assert session.url == f"http://127.0.0.1:{port}/pay/{session.id}"
    assert client_of(port, "/sandbox").v1.checkout.sessions.retrieve(session.id).id == session.id

    page = browse(port, f"/sandbox/pay/{session.id}")
    assert f'action="/sandbox/pay/{session.id}"' in page.text
    assert browse(port, "/sandbox/").status_code == browse(port, "/").status_code == 200
    for sheet in re.findall(r'rel="stylesheet" href="([^"]+)"', page.text):
        assert browse(port, sheet).headers["Content-Type"].startswith("text/css")
    assert browse(port, "/donate").status_code == 404

    answer = browse(
        port, f"/pay/{session.id}", number="4242424242424242", exp="12/40", cvc="123", email="ada@example.com"
    )
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"https://site.example/success?session_id={session.id}",
    )
    received = {each.event["type"]: each for each in receiver.wait(3)}
    completed = received["checkout.session.completed"]
    stripe.Webhook.construct_event(completed.body, completed.headers["stripe-signature"], SECRET)

    assert not (tmp_path / "nowhere").exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_killed_with_an_event_undelivered_it_delivers_after_the_restart(launch, receiver, tmp_path):
    port = free_port()
    process = launch(port)
    api = client_of(port)
    requests.post(
        f"http://127.0.0.1:{port}/v1/test_helpers/sandbox",
        data={"delivery": "late", "delay": 3600},
        headers={"Authorization": "Bearer sk_test_1"},
        timeout=10,
    )
    session = api.v1.checkout.sessions.create(session_params(), {"idempotency_key": "k"})
    api.v1.checkout.sessions.expire(session.id)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert receiver.received == []

    with contextlib.closing(sqlite3.connect(tmp_path / "books" / "stripe.sqlite3")) as database:
        database.execute("UPDATE sandbox_delivery SET due_at = 0")
        database.commit()
    launch(port)
    assert receiver.wait(1)[0].event["data"]["object"]["id"] == session.id
    assert api.v1.checkout.sessions.create(session_params(), {"idempotency_key": "k"}).id == session.id


def behave(port: int, **fields: Any) -> None:
    """Change how it behaves."""
    answer = requests.post(
        f"http://127.0.0.1:{port}/v1/test_helpers/sandbox", data=fields, auth=("sk_test_1", ""), timeout=10
    )
    assert answer.ok


def client_with_timeout(port: int, seconds: float) -> stripe.StripeClient:
    """A client that does not wait for long."""
    base: Any = {"api": f"http://127.0.0.1:{port}"}
    return stripe.StripeClient(
        "sk_test_1", base_addresses=base, http_client=stripe.RequestsClient(timeout=(1, seconds))
    )


def count(port: int) -> int:
    behave(port, fault="")
    return len(client_of(port).v1.checkout.sessions.list({"limit": 100}).data)


@pytest.mark.parametrize(
    ("fault", "done"), [("reset_before", 0), ("reset_after", 1), ("timeout_before", 0), ("timeout_after", 1)]
)
def test_a_lost_answer_is_a_connection_error_whether_or_not_it_was_done(launch, receiver, fault, done):
    port = free_port()
    launch(port)
    behave(port, fault=fault, fault_seconds=30)
    seconds, message = (0.5, "timed out") if fault.startswith("timeout") else (10, "reset by peer")
    with pytest.raises(stripe.APIConnectionError, match=message):
        client_with_timeout(port, seconds).v1.checkout.sessions.create(session_params(), {"idempotency_key": "k"})
    # A client that timed out may be quicker than the work.
    wait_until(lambda: count(port) == done)
    # The key leads to what was done, or does it now.
    client_of(port).v1.checkout.sessions.create(session_params(), {"idempotency_key": "k"})
    assert count(port) == 1


def test_clients_that_give_up_free_their_threads(launch, receiver):
    """More of them than it has threads; nobody after them has to wait until the time-out is over."""
    port = free_port()
    launch(port)
    behave(port, fault="timeout_after", fault_seconds=30)

    def give_up(_: int) -> None:
        with pytest.raises(stripe.APIConnectionError):
            client_with_timeout(port, 0.5).v1.events.list()

    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(give_up, range(20)))
    behave(port, fault="")
    assert client_of(port).v1.events.list().data == []
    assert time.monotonic() - began < 10
