"""A server in Stripe's place that hangs, drips, resets, refuses or loses its answers, as it is told."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class FaultyStripe(ThreadingHTTPServer):
    """`mode`: ok, hang, drip (a byte now and then), reset, garbage, or an HTTP status.

    The "after" modes make the session and lose the answer.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode: str | int = "ok"
        self.code = ""  # of the error that a status stands for
        self.lock = threading.Lock()
        self.made: dict[str, dict[str, Any]] = {}  # by idempotency key, as Stripe keeps them
        self.asked: Counter[str] = Counter()
        self.forms: list[dict[str, list[str]]] = []
        self.delay = threading.Event()  # set when hanging requests may go on

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def session(self, key: str, form: dict[str, list[str]]) -> dict[str, Any]:
        with self.lock:
            number = len(self.made) + 1
            return self.made.setdefault(
                key,
                {
                    "id": f"cs_test_{number}",
                    "object": "checkout.session",
                    "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}",
                    "amount_total": int(form["line_items[0][price_data][unit_amount]"][0]),
                    "status": "open",
                },
            )


class _Handler(BaseHTTPRequestHandler):
    server: FaultyStripe
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        key = self.headers.get("Idempotency-Key", "")
        self.server.asked[key] += 1
        self.server.forms.append(parse_qs(body))
        mode = self.server.mode
        if mode in {"ok", "reset after", "hang after", "garbage"}:
            session = self.server.session(key, parse_qs(body))
        match mode:
            case "ok":
                self._answer(200, json.dumps(session).encode())
            case "hang" | "hang after":
                self.server.delay.wait(30)
                self.close_connection = True
            case "drip":
                self.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not self.server.delay.wait(0.1):
                    try:
                        self.connection.sendall(b"x")
                    except OSError:
                        break
                self.close_connection = True
            case "reset" | "reset after":
                # SO_LINGER 0: a close becomes a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            case "garbage":
                self._answer(200, b"<html>")
            case int():
                error = {"type": "api_error", "message": "told to"} | (
                    {"code": "idempotency_key_in_use", "type": "idempotency_error"} if mode == 409 else {}
                )
                if self.server.code:
                    error |= {"code": self.server.code, "type": "invalid_request_error"}
                self._answer(mode, json.dumps({"error": error}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[FaultyStripe]:
    server = FaultyStripe()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.delay.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
