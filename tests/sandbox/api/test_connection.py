"""A reset is a reset, under each server that may carry the stand-in."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from logging import WARNING
from typing import Any

import pytest
import requests
import stripe
from django.core.handlers.wsgi import LimitedStream
from django.core.wsgi import get_wsgi_application
from waitress import wasyncore

from project.serve import Limits, Server, listen
from sandbox.api import connection
from sandbox.models import Record
from tests.sandbox.conftest import session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@contextlib.contextmanager
def waitress() -> Iterator[str]:
    """The site's own server, in this process."""
    (listener, *others) = listen(0, everywhere=False)
    for each in others:
        each.close()
    server = Server(get_wsgi_application(), [listener], behind_proxy=False, limits=Limits(threads=4))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.stop()
    thread.join()
    # A process would end here, and take the idle connections with it.
    wasyncore.close_all(server.map)


@pytest.fixture(params=["django", "waitress"])
def served(request) -> Iterator[str]:
    """The address of the stand-in below a server."""
    if request.param == "django":
        yield f"{request.getfixturevalue('live_server').url}/sandbox"
        return
    with waitress() as address:
        yield f"{address}/sandbox"


@pytest.fixture
def sdk(served) -> Iterator[stripe.StripeClient]:
    """Stripe's SDK, which would wait for ten seconds."""
    with requests.Session() as session:
        yield stripe.StripeClient(
            "sk_test_1",
            base_addresses={"api": served},
            http_client=stripe.RequestsClient(timeout=10, session=session),
            max_network_retries=0,
        )


def behave(served: str, **fields: Any) -> None:
    answer = requests.post(f"{served}/v1/test_helpers/sandbox", data=fields, auth=("sk_test_1", ""), timeout=10)
    assert answer.ok


def create(sdk: stripe.StripeClient) -> Any:
    return sdk.v1.checkout.sessions.create(session_params(), {"idempotency_key": "k"})


@pytest.mark.parametrize(
    ("fault", "created"), [("reset_before", 0), ("reset_after", 1), ("timeout_before", 0), ("timeout_after", 1)]
)
def test_the_sdk_sees_a_reset_and_the_key_leads_to_what_was_done(served, sdk, caplog, fault, created):
    behave(served, fault=fault, fault_seconds=0)
    began = time.monotonic()
    with pytest.raises(stripe.APIConnectionError, match="Connection reset by peer"):
        create(sdk)
    assert time.monotonic() - began < 8
    assert Record.objects.count() == created
    behave(served, fault="")
    session = create(sdk)
    assert Record.objects.get().stripe_id == session.id
    # On a busy machine waitress warns of requests that wait for a thread.
    assert not [record for record in caplog.records if record.levelno >= WARNING and record.name != "waitress.queue"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_connection_that_was_used_before_is_reset_too(served, sdk, fault):
    """Kept alive by the server, and pooled by the SDK."""
    sdk.v1.events.list()
    behave(served, fault=fault)
    with pytest.raises(stripe.APIConnectionError, match="Connection reset by peer"):
        sdk.v1.events.list()


def test_not_a_byte_is_sent_before_the_reset(served):
    behave(served, fault="reset_after")
    host, port = served.removeprefix("http://").removesuffix("/sandbox").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"GET /sandbox/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_django_finds_a_closed_connection_even_if_the_client_was_quicker():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    client.close()
    reader: Any = accepted.makefile("rb")
    with accepted, reader:
        assert connection.reset({"wsgi.input": LimitedStream(reader, 0)})
        assert reader.readline() == b""
        with pytest.raises(BrokenPipeError):
            accepted.sendall(b"too late")


def test_waitress_may_have_closed_the_connection_before():
    class Channel:
        socket = socket.socket()

        def check_client_disconnected(self) -> bool:
            return True

    channel = Channel()
    channel.socket.close()
    environ = {"waitress.client_disconnected": channel.check_client_disconnected}
    assert connection.disconnected(environ)
    assert connection.reset(environ)


@pytest.mark.parametrize("environ", [{}, {"wsgi.input": b""}])
def test_a_server_that_hides_its_socket_cannot_reset(environ):
    assert connection.reset(environ) is False
    assert connection.disconnected(environ) is False
