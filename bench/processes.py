"""`python -m tests.postgres --durable python -m bench.processes`: what a second process and the disk allow.

Two processes of the site on one PostgreSQL; one of them alone and both together take turns, with the same number of
connections in all. Below that stands the floor of the database itself: commits of a row each, which share the disk's
time, and commits that all change one row, which cannot: each holds the row until it is on the disk.
"""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench import load, measure
from bench.machine import free_port, serving

if TYPE_CHECKING:
    from bench import targets

ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 8
EVENTS = 3000  # of each round


def main() -> None:
    _, _, _, ours = measure.prepare(measure.database(), 1000)
    from bench import payments, targets

    story = payments.Story()
    with ExitStack() as stack:
        first = stack.enter_context(measure.stripe_and(ours))
        port = str(free_port())
        # Names of hosts are compared without their ports, and every page is asked for by the name in SITE_URL.
        second = stack.enter_context(serving(ours | {"PORT": port, "SITE_URL": f"http://localhost:{port}"}))
        ports = (first.port, second.port)
        kinds = {
            "new payments, by their session events": [
                targets.webhooks(story, port)["new payment, by its session event"] for port in ports
            ],
            "front page": [targets.page(port, "/") for port in ports],
            "/livez": [targets.page(port, "/livez") for port in ports],
        }
        print(f"{'':40}{'1 process':>12}{'2 processes':>14}{'ratio':>8}")
        for name, each in kinds.items():
            rounds = [(_together(each[:1]), _together(each)) for _ in range(ROUNDS)]
            alone, both = (statistics.median(rates) for rates in zip(*rounds, strict=True))
            ratio = statistics.median(two / one for one, two in rounds)
            print(f"{name:40}{alone:>12.0f}{both:>14.0f}{ratio:>8.2f}", flush=True)
    for connections in (1, 4, 16):
        own, hot = (statistics.median(_commits(connections, one) for _ in range(3)) for one in (False, True))
        print(f"commits a second, {connections:2} connections: {own:5.0f} of a row each, {hot:5.0f} of one row for all")


def _together(servers: list[targets.Target]) -> float:
    """Requests a second of all of these at once."""

    def one(target: targets.Target) -> float:
        requests = target.requests(EVENTS if target.once else 1)
        return load.send(target.port, requests, connections=CONNECTIONS // len(servers), seconds=SECONDS).rate

    with ThreadPoolExecutor(len(servers)) as pool:
        return sum(pool.map(one, servers))


def _commits(connections: int, one_row: bool) -> float:
    """Commits a second of so many connections."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_hot")
        cursor.execute("CREATE TABLE bench_hot (id int PRIMARY KEY, n int NOT NULL)")
        cursor.execute(f"INSERT INTO bench_hot SELECT i, 0 FROM generate_series(0, {connections}) AS i")
    done = [0] * connections
    end = time.perf_counter() + SECONDS

    def client(number: int) -> None:
        with connection.cursor() as cursor:
            while time.perf_counter() < end:
                cursor.execute("UPDATE bench_hot SET n = n + 1 WHERE id = %s", [0 if one_row else number])
                done[number] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


if __name__ == "__main__":
    main()
