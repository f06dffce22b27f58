"""Servers as real processes, for tests that ask what the outside sees."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection

from tests.project.processes import Process

# Every variable that the site knows, empty: neither the tests' own nor a developer's `.env` reaches these processes.
BLANK = dict.fromkeys(
    [
        *("SECRET_KEY", "DEBUG", "PORT", "SITE_URL", "ALLOWED_HOSTS", "TRUSTED_PROXIES", "DATABASE_URL"),
        *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_CHECKOUT_ORIGIN", "SANDBOX"),
        "STRIPE_ADAPTIVE_PRICING",
        *("BACKUP_DIR", "BACKUP_KEEP", "LOG_FORMAT", "METRICS_TOKEN", "SENTRY_DSN"),
        *("EMAIL_URL", "DEFAULT_FROM_EMAIL", "SITE_NAME", "DONATION_AMOUNTS", "DONATION_DEFAULT_AMOUNT"),
        *("DONATION_MIN", "DONATION_MAX", "DONATION_CURRENCY", "TIME_ZONE", "LANGUAGE_CODE", "HSTS", "SHIELD"),
        "API_ORIGINS",
    ],
    "",
)
SECRET_KEY = "a-key-of-the-tests-" + "x" * 40


def environment(**variables: str) -> dict[str, str]:
    keep = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return keep | BLANK | variables | {"DJANGO_SETTINGS_MODULE": "project.settings"}


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder with exactly these variables, to its end."""
    with tempfile.TemporaryFile("w+") as errors:
        process = Process(arguments, environment(**variables), errors)
        try:
            output, _ = process.communicate(timeout=300)
        finally:
            process.kill()
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, process.wait(), output, errors.read())


def free_port() -> int:
    """A port that nothing listens on.

    Of those from which no machine makes connections: another test's way out would take it before the server does.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_768)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


@dataclass(frozen=True)
class Running:
    """A server's process that has said that it accepts."""

    process: Process
    port: int
    greeting: str

    def connect(self, timeout: float = 30, host: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection((host, self.port), timeout=timeout)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """One request on a connection of its own; redirects are not followed."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            # By the name that the site has unless it is told another: from one to the other it redirects.
            connection.request(method, path, body or None, {"Host": f"localhost:{self.port}"} | (headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, timeout: float) -> float:
        """Wait for the end; how long it took."""
        started = time.monotonic()
        self.process.wait(timeout)
        return time.monotonic() - started


@contextlib.contextmanager
def running(*arguments: str, port: int, **variables: str) -> Iterator[Running]:
    """Start Python with these arguments, wait for its first line, and end it in the end whatever happened."""
    with tempfile.TemporaryFile("w+") as log:
        process = Process(arguments, environment(**variables), log)
        try:
            greeting = process.stdout.readline().strip()
            log.seek(0)
            assert greeting, f"it did not start: {log.read()}"
            yield Running(process, port, greeting)
        finally:
            process.kill()
            process.communicate()


def received(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)
