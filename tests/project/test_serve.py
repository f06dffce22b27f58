"""The server as its clients meet it: slow ones, greedy ones, and those whose request is under way when it stops."""

from __future__ import annotations

import contextlib
import errno
import json
import resource
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from project import serve
from tests.project.running import SECRET_KEY, Running, free_port, python, received, running

Start = Callable[..., Running]


@pytest.fixture
def small_site() -> Iterator[Start]:
    """Starts the product's server around a tiny application, with these limits."""
    with contextlib.ExitStack() as stack:

        def start(*flags: str, **limits: float) -> Running:
            port = free_port()
            server = stack.enter_context(
                running("-m", "tests.project.small_site", str(port), json.dumps(limits), *flags, port=port)
            )
            assert server.greeting == "ready"
            return server

        yield start


# --- Stopping --------------------------------------------------------------------------------------------------------


def test_a_request_in_flight_is_answered_after_sigterm(small_site: Start) -> None:
    server = small_site()
    with server.connect() as donor:
        donor.sendall(b"GET /sleep/1.5 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        server.terminate()
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        assert received(donor).endswith(b"awake")
    assert server.ended(timeout=20) < 10
    assert server.process.returncode == 0


def test_a_body_that_is_still_coming_at_sigterm_is_read_and_answered(small_site: Start) -> None:
    server = small_site()
    with server.connect() as donor:
        donor.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nfir")
        time.sleep(0.3)
        server.terminate()
        time.sleep(0.5)
        donor.sendall(b"st!")
        assert received(donor).endswith(b"first!")
    server.ended(timeout=20)
    assert server.process.returncode == 0


def test_connections_between_two_requests_do_not_delay_the_stop(small_site: Start) -> None:
    server = small_site()
    with server.connect() as idle, server.connect() as used:
        used.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while part := used.recv(1000):
            if part.endswith(b"here"):
                break
        server.terminate()
        assert server.ended(timeout=20) < 10
        assert received(idle) == received(used) == b""


def test_while_it_drains_nobody_can_send_another_request(small_site: Start) -> None:
    server = small_site()
    with server.connect() as donor, server.connect() as idle:
        donor.sendall(b"GET /sleep/2 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        server.terminate()
        assert received(idle) == b""
        assert not select.select([donor], [], [], 0)[0], "the donor's answer is still to come"
        assert received(donor).endswith(b"awake")


def test_a_stop_waits_no_longer_than_its_limit(small_site: Start) -> None:
    server = small_site(drain=0.5)
    with server.connect() as donor:
        donor.sendall(b"GET /sleep/30 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        server.terminate()
        assert server.ended(timeout=20) < 10


def test_a_second_signal_does_not_cut_the_drain_short(small_site: Start) -> None:
    server = small_site()
    with server.connect() as donor:
        donor.sendall(b"GET /sleep/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        server.terminate()
        time.sleep(0.2)
        server.terminate()
        assert received(donor).endswith(b"awake")


# --- Slow clients ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "opening",
    [b"GET / HTTP/1.1\r\nX-", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"],
    ids=["headers", "body"],
)
def test_a_request_that_dribbles_in_is_cut_off(small_site: Start, opening: bytes) -> None:
    server = small_site(receive=1)
    started = time.monotonic()
    with server.connect() as slow, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        slow.sendall(opening)
        slow.settimeout(0.2)
        while time.monotonic() - started < 10:
            slow.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                if not slow.recv(1000):
                    break
    assert 0.9 < time.monotonic() - started < 8


def test_a_slow_answer_is_not_a_slow_request(small_site: Start) -> None:
    assert small_site(receive=0.5).ask("GET", "/sleep/2").status == 200


def test_a_pause_between_two_requests_is_not_a_slow_request(small_site: Start) -> None:
    server = small_site(receive=0.5)
    with server.connect() as client:
        for _ in range(2):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"here"):
                answer += (part := client.recv(1000))
                assert part, "the connection was closed"
            time.sleep(2)


def test_more_slow_clients_than_threads_do_not_keep_a_donor_waiting(small_site: Start) -> None:
    server = small_site()
    with contextlib.ExitStack() as stack:
        for _ in range(120):
            slow = stack.enter_context(server.connect())
            slow.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
        started = time.monotonic()
        assert server.ask("GET", "/").status == 200
        assert time.monotonic() - started < 5


# --- What is taken and what is not -----------------------------------------------------------------------------------


def test_a_body_above_two_mebibytes_is_refused(small_site: Start) -> None:
    server = small_site()
    for framing in (b"Content-Length: 3000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n"):
        with server.connect() as greedy:
            greedy.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + framing)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                greedy.sendall(b"x" * 2_200_000)
            assert greedy.recv(100).startswith(b"HTTP/1.1 413 "), framing


def test_a_body_without_a_length_arrives_whole(small_site: Start) -> None:
    server = small_site()
    with server.connect() as client:
        client.sendall(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        assert received(client).endswith(b"\r\n\r\nabcde")


def test_headers_above_their_limit_are_refused(small_site: Start) -> None:
    assert small_site().ask("GET", "/", {"X-Long": "x" * 40_000}).status == 431


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("BAD METHOD", "/")])
def test_no_answer_names_the_server(small_site: Start, method: str, path: str) -> None:
    server = small_site()
    with server.connect() as client:
        client.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert b"waitress" not in received(client).lower()


FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X_Forwarded_Proto": "underscore",
    "X_Forwarded_For": "198.51.100.1",
}


def test_without_a_proxy_nobody_may_claim_one(small_site: Start) -> None:
    seen = json.loads(small_site().ask("GET", "/environ", FORWARDED).text)
    assert not [name for name in seen if "FORWARDED" in name]
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["wsgi.url_scheme"] == "http"


def test_behind_a_proxy_its_headers_pass_and_underscores_do_not(small_site: Start) -> None:
    answer = small_site("behind-proxy").ask("GET", "/environ", FORWARDED)
    seen = json.loads(answer.text)
    assert seen["HTTP_X_FORWARDED_FOR"] == "203.0.113.7"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
    # Django decides whom to believe (project.middleware.trusted_proxies); the server leaves the address alone.
    assert seen["REMOTE_ADDR"] == "127.0.0.1"


# --- Where it listens ------------------------------------------------------------------------------------------------


@pytest.fixture
def addresses() -> Iterator[Callable[..., set[str]]]:
    with contextlib.ExitStack() as stack:

        def listen(port: int, *, everywhere: bool) -> set[str]:
            sockets = serve.listen(port, everywhere=everywhere)
            for one in sockets:
                stack.enter_context(one)
            return {str(one.getsockname()[0]) for one in sockets}

        yield listen


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_both_families(addresses: Callable[..., set[str]], small_site: Start) -> None:
    assert addresses(free_port(), everywhere=False) == {"127.0.0.1", "::1"}
    assert addresses(free_port(), everywhere=True) == {"0.0.0.0", "::"}
    with small_site().connect(host="::1") as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert received(client).endswith(b"here")


@pytest.mark.parametrize("reason", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_a_machine_without_ipv6(
    addresses: Callable[..., set[str]], monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    create = socket.create_server

    def without_ipv6(address: tuple[str, int], **options: Any) -> socket.socket:
        if options.get("family") == socket.AF_INET6:
            raise OSError(reason, "no")
        return create(address, **options)

    monkeypatch.setattr(socket, "create_server", without_ipv6)
    assert addresses(free_port(), everywhere=True) == {"0.0.0.0"}
    assert addresses(free_port(), everywhere=False) == {"127.0.0.1"}


def test_a_port_that_may_not_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", denied)
    with pytest.raises(SystemExit) as stop:
        serve.listen(80, everywhere=True)
    assert str(stop.value) == "tincup: PORT 80 cannot be listened on: Permission denied."


@pytest.mark.parametrize(
    ("soft", "hard", "set_to", "allowed"),
    [
        (1024, 1_000_000, 4512, 4000),
        (1024, 2048, 2048, 1536),
        (1024, resource.RLIM_INFINITY, 4512, 4000),
        (256, 256, 256, 128),
        (20_000, 20_000, None, 4000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, 4000),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, set_to: int | None, allowed: int
) -> None:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: calls.append(limits))
    assert serve.connections_allowed(4000) == allowed
    assert calls == ([] if set_to is None else [(set_to, hard)])


# --- The whole site --------------------------------------------------------------------------------------------------


PATHS = ("/", "/livez", "/readyz", "/login", "/nothing", "/theme.css", "/api/stats/", "/docs", "/admin/", "/sandbox/")


def assert_heads_have_no_bodies(server: Running) -> None:
    host = f"Host: localhost:{server.port}\r\n".encode()
    for path in PATHS:
        with server.connect() as client:
            client.sendall(f"HEAD {path} HTTP/1.1\r\n".encode() + host + b"\r\n")
            client.sendall(b"GET /livez HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
            head, _, rest = received(client).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 ")
        assert rest.startswith(b"HTTP/1.1 200 OK") or (not rest and b"Connection: close" in head), path


def assert_a_refusal_is_a_page_of_ours(server: Running) -> None:
    refused = server.ask("POST", "/donate", {"Transfer-Encoding": "gzip"})
    assert (refused.status, refused.headers["X-Frame-Options"]) == (501, "DENY")
    assert "Your browser" in refused.text


def test_the_site_starts_says_where_it_is_answers_and_stops(site: Callable[..., Running]) -> None:
    server = site(DEBUG="true")
    assert server.greeting == f"Tincup is at http://localhost:{server.port} (sandbox: no real money moves)"
    answer = server.ask("GET", "/livez")
    assert (answer.status, answer.text) == (200, "ok\n")
    assert_heads_have_no_bodies(server)
    assert_a_refusal_is_a_page_of_ours(server)
    server.terminate()
    assert server.ended(timeout=10) < 5
    assert server.process.returncode == 0


def test_a_port_in_use_is_one_line(site: Callable[..., Running]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = python("-m", "project.serve", SECRET_KEY=SECRET_KEY, DEBUG="true", PORT=port)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"tincup: PORT {port} is already in use: stop what runs there, or choose another.\n"
