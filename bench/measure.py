"""`python -m bench.measure OPTIONS`: one database of one size; prints what was measured as JSON.

`bench.__main__` starts it for each, with the database in DATABASE_URL.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from bench import load
from bench.machine import ROOT, Server, environment, free_port, serving

if TYPE_CHECKING:
    from bench.targets import Target
    from donations.models import Donation

FLOOR_GIFTS = 50_000
PAGE_GIFTS = 1_000


@dataclass(frozen=True)
class Sites:
    """The servers of one measurement; `stripe` is the port of what answers in Stripe's place."""

    ours: Server
    bare: Server
    dressed: Server
    stripe: int

    def stripe_takes(self, milliseconds: int) -> None:
        urlopen(Request(f"http://127.0.0.1:{self.stripe}/delay/{milliseconds}", method="POST")).close()


def prepare(address: str, size: int) -> tuple[str, str, Donation, dict[str, str]]:
    """Make and fill the database. Returns the sessions of a donor and of the treasurer, a paid donation, and the site's
    environment."""
    stripe = free_port()
    ours = environment(address, free_port(), STRIPE_API_BASE=f"http://127.0.0.1:{stripe}", BENCH_STRIPE=str(stripe))
    # The stand-in's tables as well: it plays the payment of which the events tell.
    practice = ours | {"SANDBOX": "true"}
    subprocess.run([sys.executable, "-m", "project.prepare"], cwd=ROOT, env=practice, check=True)
    os.environ.update(ours)
    import django

    django.setup()
    from bench import history

    history.write(size)
    donor, treasurer = history.people()
    return _session(donor), _session(treasurer), history.some_paid(), ours


def _session(user: Any) -> str:
    from django.test import Client

    client = Client()
    client.force_login(user, backend="accounts.backends.VerifiedBackend")
    return str(client.cookies["session"].value)


@contextmanager
def sites(ours: dict[str, str], floors: dict[str, str]) -> Iterator[Sites]:
    """Our site, the two floors (with these databases), and Stripe's stub."""
    with ExitStack() as stack:
        floor: dict[str, Server] = {}
        for kind, gifts in (("bare", FLOOR_GIFTS), ("dressed", PAGE_GIFTS)):
            variables = environment(floors[kind], free_port(), BENCH_FLOOR=kind)
            command = [sys.executable, "-m", "bench.floors.serve", "prepare", str(gifts)]
            subprocess.run(command, cwd=ROOT, env=variables, check=True)
            floor[kind] = stack.enter_context(serving(variables, "bench.floors.serve"))
        with serving(ours):
            pass  # the second start counts: the first one compiles
        yield Sites(stack.enter_context(stripe_and(ours)), floor["bare"], floor["dressed"], int(ours["BENCH_STRIPE"]))


@contextmanager
def stripe_and(ours: dict[str, str]) -> Iterator[Server]:
    """Our site, and what answers in Stripe's place."""
    stripe = subprocess.Popen([sys.executable, "-m", "bench.stripe", ours["BENCH_STRIPE"]], cwd=ROOT)
    try:
        with serving(ours) as server:
            yield server
    finally:
        stripe.terminate()
        stripe.wait(30)


def database() -> str:
    """The address of the empty database for this run."""
    return os.environ.get("TEST_DATABASE_URL") or os.environ["DATABASE_URL"]


def rounds(targets: dict[str, Target], count: int, seconds: float, stripe_takes: Any) -> dict[str, list[load.Round]]:
    """Each target in turn, so many times: what else the machine does then falls on all of them."""
    found: dict[str, list[load.Round]] = {name: [] for name in targets}
    for _ in range(count):
        for name, target in targets.items():
            stripe_takes(target.delay)
            found[name].append(one_round(target, seconds, found[name]))
    return found


def one_round(target: Target, seconds: float, before: list[load.Round]) -> load.Round:
    expected = max((each.rate for each in before), default=300.0) * seconds
    for spare in (1.6, 4, 12):
        requests = target.requests(int(expected * spare) + 50)
        try:
            return load.send(target.port, requests, connections=target.connections, seconds=seconds, once=target.once)
        except load.TooFew:
            continue
    raise load.Failed("it became ever faster")


def main(size: int, count: int, seconds: float, only: str) -> None:
    donor, treasurer, known, ours = prepare(address := database(), size)
    from bench import payments, targets, waiting

    story = payments.Story()
    with sites(ours, {kind: _beside(address, kind) for kind in ("bare", "dressed")}) as served:
        port = served.ours.port
        kinds = {
            "webhook": lambda: targets.webhooks(story, port),
            "pages": lambda: targets.pages(port, donor, treasurer, known),
            "giving": lambda: targets.giving(port),
        }
        ask = targets.floors(story, served.bare.port, served.dressed.port)
        for kind in only.split(",") if only else kinds:
            ask |= kinds[kind]()
        bytes_of = {name: targets.check(target)[0] for name, target in ask.items()}
        fresh = served.ours.memory()
        found = rounds(ask, count, seconds, served.stripe_takes)
        print(json.dumps({
            "size": size,
            "database": _version(),
            "started": served.ours.started,
            "memory": [fresh, served.ours.memory()],
            "story": story.sizes(),
            "waiting": waiting.measure(served, ask, count) if "giving" in (only or "giving") else None,
            "targets": {
                name: {
                    "floor": target.floor,
                    "bytes": bytes_of[name],
                    "rates": [each.rate for each in found[name]],
                    "p99": [each.p99 for each in found[name]],
                    "p50": [each.p50 for each in found[name]],
                }
                for name, target in ask.items()
            },
        }))  # fmt: skip


def _beside(address: str, name: str) -> str:
    """The address of another database beside this one, empty."""
    if address.startswith("sqlite"):
        return f"{address}.{name}"
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE floor_{name}")
    head, _, query = address.partition("?")
    return f"{head.rpartition('/')[0]}/floor_{name}" + (f"?{query}" if query else "")


def _version() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT 'SQLite ' || sqlite_version() || ', synchronous=FULL, WAL'")
        else:
            cursor.execute("SELECT 'PostgreSQL ' || current_setting('server_version') || ', fsync='"
                           " || current_setting('fsync') || ', synchronous_commit='"
                           " || current_setting('synchronous_commit')")  # fmt: skip
        return str(cursor.fetchone()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else "")
