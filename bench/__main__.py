"""`make bench`: how fast the site is, as ratios to a floor measured in the same run.

The floor is /livez: the same server and the same process, and nothing of the site's own work. Seconds depend on the
machine and on what else it does; ratios travel. Each target runs in several short interleaved rounds, and the median
counts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("BENCH_PORT", "8199"))
SECRET = "whsec_bench"
CLIENTS = 4
ROUNDS = 5
ROUND = 1.0  # seconds
GIFTS = 20_000

Request = Callable[[HTTPConnection], None]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "false",
            "SANDBOX": "true",
            # All of its donors come from one address.
            "SHIELD": "off",
            "PORT": str(PORT),
            "SITE_URL": f"http://localhost:{PORT}",
            "EMAIL_URL": "dummymail://",
            "STRIPE_SECRET_KEY": "sk_test_bench",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "DJANGO_SETTINGS_MODULE": "project.settings",
        }
        # Its own database, unless one is named for the run: BENCH_DATABASE_URL=postgres://…
        environment["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{folder}/bench.sqlite3"
        subprocess.run([sys.executable, "-m", "project.prepare"], cwd=ROOT, env=environment, check=True)
        gifts = json.loads(
            subprocess.run(
                [sys.executable, "-m", "bench.gifts", str(GIFTS)],
                cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
            ).stdout
        )  # fmt: skip
        with serving(environment):
            report(measure(targets(iter(gifts))))


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[None]:
    server = subprocess.Popen(
        [sys.executable, "-m", "project.serve"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield
    finally:
        server.terminate()
        server.wait(30)


def targets(gifts: Iterator[str]) -> dict[str, Request]:
    lock = threading.Lock()

    def webhook(connection: HTTPConnection) -> None:
        with lock:
            gift = next(gifts)
        body = json.dumps(event(gift)).encode()
        send(connection, "POST", "/stripe-webhook/", body, {"Stripe-Signature": signature(body)})

    again = json.dumps(event(str(uuid.uuid4()), "foo.bar")).encode()
    return {
        "/livez (the floor)": get("/livez"),
        "/api/stats/": get("/api/stats/"),
        "/donate": get("/donate"),
        "/": get("/"),
        "/sponsors": get("/sponsors"),
        "webhook, a new payment": webhook,
        "webhook, a known event": lambda connection: send(
            connection, "POST", "/stripe-webhook/", again, {"Stripe-Signature": signature(again)}
        ),
    }


def get(path: str) -> Request:
    return lambda connection: send(connection, "GET", path)


def send(connection: HTTPConnection, method: str, path: str, body: bytes = b"", headers: Any = None) -> None:
    connection.request(method, path, body or None, headers or {})
    response = connection.getresponse()
    response.read()
    assert response.status == 200, f"{method} {path}: {response.status}"


def event(gift: str, kind: str = "payment_intent.succeeded") -> dict[str, Any]:
    return {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "livemode": False,
        "type": kind,
        "data": {
            "object": {
                "id": f"pi_{uuid.UUID(gift).hex}",
                "object": "payment_intent",
                "status": "succeeded",
                "amount": 2000,
                "amount_received": 2000,
                "currency": "usd",
                "latest_charge": f"ch_{uuid.UUID(gift).hex}",
                "metadata": {"tincup_site": "localhost", "tincup_donation": gift},
            }
        },
    }


def signature(body: bytes) -> str:
    stamp = int(time.time())
    return f"t={stamp},v1={hmac.new(SECRET.encode(), b'%d.' % stamp + body, hashlib.sha256).hexdigest()}"


def measure(requests: dict[str, Request]) -> dict[str, tuple[float, float]]:
    """Requests a second (median of the rounds) and the 99th percentile of one request in milliseconds."""
    rates: dict[str, list[float]] = {name: [] for name in requests}
    times: dict[str, list[float]] = {name: [] for name in requests}
    for _ in range(ROUNDS):
        for name, request in requests.items():
            taken = one_round(request)
            rates[name].append(len(taken) / ROUND)
            times[name] += taken
    return {
        name: (statistics.median(rates[name]), 1000 * statistics.quantiles(times[name], n=100)[98]) for name in requests
    }


def one_round(request: Request) -> list[float]:
    """The seconds that each request took, of CLIENTS clients that ask one after the other for one ROUND."""
    taken: list[float] = []
    end = time.perf_counter() + ROUND

    def client() -> None:
        # By the name in SITE_URL: from any other a page is a redirect.
        connection = HTTPConnection("localhost", PORT, timeout=30)
        while time.perf_counter() < end:
            started = time.perf_counter()
            request(connection)
            taken.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def report(measured: dict[str, tuple[float, float]]) -> None:
    floor = next(iter(measured.values()))[0]
    print(f"{'':28}{'of the floor':>14}{'per second':>14}{'p99 ms':>10}")
    for name, (rate, slow) in measured.items():
        print(f"{name:28}{rate / floor:>14.3f}{rate:>14.0f}{slow:>10.1f}")


if __name__ == "__main__":
    main()
