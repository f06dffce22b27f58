"""What stands on a connection after an answer that may have no body: the next answer, and nothing before it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from io import BytesIO
from typing import Any

import pytest
from waitress import wasyncore

from project.serve import Limits, Server, listen
from tests.project.running import free_port, received

LONG = b"x" * 40_000


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answers as careless applications do: with a body whatever was asked."""
    match environ["PATH_INFO"]:
        case "/last":
            start_response("200 OK", [("Content-Length", "4")])
            return [b"last"]
        case "/204":
            start_response("204 No Content", [("Content-Length", "4")])
        case "/304":
            start_response("304 Not Modified", [])
        case "/file":
            start_response("200 OK", [("Content-Length", "40000")])
            return environ["wsgi.file_wrapper"](BytesIO(LONG))
        case "/file-304":
            start_response("304 Not Modified", [])
            return environ["wsgi.file_wrapper"](BytesIO(LONG))
        case "/unmeasured":
            start_response("200 OK", [])
            return (piece for piece in (b"one", b"two"))
        case "/written":
            start_response("200 OK", [("Content-Length", "4")])(b"body")
            return []
        case "/broken":
            raise RuntimeError("a bug")
        case _:
            start_response("200 OK", [("Content-Length", "4")])
    return [b"body"]


def refusal(code: int) -> tuple[list[tuple[str, str]], bytes]:
    return [("X-Ours", "yes")], f"page {code}".encode()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()
    server = Server(
        application,
        listen(port, everywhere=False),
        behind_proxy=False,
        limits=Limits(threads=2, linger=0.5, headers=16_384),
        refusal=refusal,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield port
    server.stop()
    thread.join(5)
    wasyncore.close_all(server.map)


def conversation(port: int, *requests: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"".join(requests))
        return received(client)


def ask(method: str, path: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        ask("HEAD", "/"),
        ask("HEAD", "/file"),
        ask("HEAD", "/written"),
        ask("HEAD", "/204"),
        ask("GET", "/204"),
        ask("GET", "/304"),
        ask("HEAD", "/304"),
        ask("GET", "/file-304"),
    ],
    ids=lambda request: request.split(b" HTTP")[0].decode(),
)
def test_the_next_answer_follows_the_head_at_once(port: int, request_: bytes) -> None:
    said = conversation(port, request_, LAST)
    assert len(said.split(b"\r\n\r\n", 1)[0]) + 4 == said.find(b"HTTP/1.1 200 OK", 1) or _closed(said), said
    assert b"body" not in said
    assert b"xxx" not in said


def _closed(said: bytes) -> bool:
    """Nothing after the head, and the connection goes: also an answer that cannot be mistaken."""
    head, _, rest = said.partition(b"\r\n\r\n")
    return b"Connection: close" in head and not rest


def test_a_head_tells_the_length_that_the_body_would_have(port: int) -> None:
    for path, length in {"/": b"4", "/file": b"40000"}.items():
        said = conversation(port, ask("HEAD", path), LAST)
        assert b"Content-Length: " + length + b"\r\n" in said.split(b"\r\n\r\n")[0]
        assert said.endswith(b"last"), "the connection was kept"


@pytest.mark.parametrize("path", ["/unmeasured", "/broken"])
def test_a_head_without_a_length_ends_with_the_head(port: int, path: str) -> None:
    assert _closed(conversation(port, ask("HEAD", path)))


@pytest.mark.parametrize(
    "request_",
    [
        b"HEAD / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nno header\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nX: " + LONG + b"\r\n\r\n",
    ],
    ids=["501", "400", "413", "431"],
)
def test_a_refused_head_has_no_body(port: int, request_: bytes) -> None:
    said = conversation(port, request_)
    assert _closed(said)
    assert b"X-Ours: yes" in said


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + LONG * 20, 413),
        (b"GET / HTTP/1.1\r\nX: " + LONG * 20 + b"\r\n\r\n", 431),
        (ask("GET", "/broken"), 500),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
    ids=["400", "413", "431", "500", "501"],
)
def test_a_refusal_reaches_a_client_that_is_still_sending(port: int, request_: bytes, code: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(request_)
        answer = HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.read()) == (code, f"page {code}".encode())
        assert answer.headers["X-Ours"] == "yes"
        assert client.recv(10) == b"", "closed without a reset"


def test_who_sends_on_after_a_refusal_is_not_heard_for_ever(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert received(client)
        started = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - started < 20:
                client.sendall(b"x")
                time.sleep(0.05)
    assert time.monotonic() - started < 15
