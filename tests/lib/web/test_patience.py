"""A server that sends a byte now and then holds nobody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from lib.web.patience import session

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """A server that answers each connection with these pieces, one after so many seconds."""
    with ExitStack() as stack:

        def start(pieces: list[bytes], pause: float = 0) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve() -> None:
                # Either end may have gone meanwhile.
                with suppress(OSError), stack.enter_context(listener.accept()[0]) as client:
                    while client.recv(65536):
                        for piece in pieces:
                            time.sleep(pause)
                            client.sendall(piece)

            threading.Thread(target=serve, daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/"

        yield start


def ask(url: str, seconds: float) -> str:
    with session(seconds) as asking:
        asking.trust_env = False
        return asking.get(url, timeout=(1, 0.3)).text


@pytest.mark.parametrize(
    "drip",
    [
        [bytes([byte]) for byte in HEAD],
        [HEAD.replace(b"5", b"50"), *[b"x"] * 50],
        [HEAD[:20], b"\r\nX: ", *[b"y"] * 50],
    ],
    ids=len,
)
def test_a_dripping_answer_is_given_up_in_time(server: Callable[..., str], drip: list[bytes]) -> None:
    url = server(drip, pause=0.1)
    started = time.monotonic()
    with pytest.raises(requests.RequestException):
        ask(url, seconds=0.35)
    # All of it would have taken five seconds, or never come to an end.
    assert time.monotonic() - started < 3


def test_silence_is_given_up_sooner(server: Callable[..., str]) -> None:
    url = server([HEAD, b"hello"], pause=0.6)
    with pytest.raises(requests.RequestException):
        ask(url, seconds=5)


def test_an_answer_in_time_comes_whole_and_the_connection_is_used_again(server: Callable[..., str]) -> None:
    url = server([HEAD, b"he", b"llo"], pause=0.05)
    with session(1.5) as asking:
        asking.trust_env = False
        for _ in range(12):
            # The server takes one connection; the deadline begins anew with each answer.
            assert asking.get(url, timeout=(1, 1)).text == "hello"
