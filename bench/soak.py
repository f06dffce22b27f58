"""`python -m bench.soak --minutes 30`: donors, Stripe's events and staff at once, for a long time.

Eight visitors walk about and give, their payments are told of in Stripe's order, each event twice, and two people of
the staff look at the desk. It fails when one answer is an error, or when memory still grows once all is warm: when the
last fifth of the time needs a twentieth and some MiB more than the fifth in the middle.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from pathlib import Path

from bench.machine import ROOT, Server

SIZE = 10_000
DONORS, STAFF = 8, 2
ROOM, SPARE = 1.05, 4  # MiB
PAGES = ("/", "/sponsors", "/docs", "/docs/shield", "/api/stats/", "/cancel")
DESK = ("/admin/", "/admin/donations/donation/", "/admin/donations/donation/?q=dvorak", "/admin/donations/ledgerentry/")


class Soak:
    """What all of them saw. Times are seconds."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.over = threading.Event()

    def run(self, server: Server, people: Sequence[Callable[[HTTPConnection], None]], minutes: float) -> list[float]:
        """All of these at once; returns the memory of the server, measured every few seconds."""
        threads = [threading.Thread(target=self._live, args=(person,)) for person in people]
        for thread in threads:
            thread.start()
        memory, end = [], time.monotonic() + minutes * 60
        while time.monotonic() < end:
            memory.append(server.memory())
            time.sleep(min(5.0, minutes * 2))
        self.over.set()
        for thread in threads:
            thread.join()
        return memory

    def ask(self, connection: HTTPConnection, kind: str, request: bytes) -> None:
        head, body = request.split(b"\r\n\r\n", 1)
        first, *headers = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        begun = time.perf_counter()
        connection.request(method, path, body or None, dict(header.split(": ", 1) for header in headers))
        response = connection.getresponse()
        response.read()
        self.taken[kind].append(time.perf_counter() - begun)
        if response.status >= 400:
            self.errors.append(f"{method} {path}: {response.status}")

    def _live(self, person: Callable[[HTTPConnection], None]) -> None:
        connection = HTTPConnection("localhost", self.port, timeout=60)
        while not self.over.is_set():
            try:
                person(connection)
            except OSError as error:
                self.errors.append(repr(error))
                connection.close()
            time.sleep(random.uniform(0, 0.1))


def main(minutes: float) -> None:
    """In the process that has the site's database in DATABASE_URL. Prints what was seen, in one line."""
    from bench import measure

    donor, treasurer, known, ours = measure.prepare(measure.database(), SIZE)
    from bench import payments, targets
    from bench.load import raw

    story = payments.Story()
    with measure.stripe_and(ours) as server:
        soak = Soak(server.port)
        form = targets.giving(server.port)["donation, Stripe answers at once"]

        def ask(connection: HTTPConnection, kind: str, path: str, session: str = "") -> None:
            soak.ask(connection, kind, targets.page(server.port, path, session=session).requests(1)[0])

        def give(connection: HTTPConnection) -> None:
            for path in random.sample(PAGES, 2):
                ask(connection, "page", path)
            ask(connection, "page", "/donate")
            soak.ask(connection, "donation", form.requests(1)[0])
            gift = payments.open_gifts(1)[0]
            for body in story.bodies(gift) * 2:
                request = raw(server.port, "/stripe-webhook/", body=body, headers=payments.signed(body))
                soak.ask(connection, "event", request)
            ask(connection, "page", f"/success?session_id={gift.session}")
            ask(connection, "account", "/account", donor)

        def look(connection: HTTPConnection) -> None:
            ask(connection, "desk", random.choice((*DESK, f"/admin/donations/donation/{known.pk}/change/")), treasurer)

        memory = soak.run(server, [give] * DONORS + [look] * STAFF, minutes)
    middle, last = (statistics.median(part) for part in _fifths(memory))
    slow = ", ".join(
        f"{kind} {1000 * statistics.quantiles(taken, n=100)[98]:.0f} ms" for kind, taken in sorted(soak.taken.items())
    )
    print(
        f"{minutes:g} minutes of {DONORS} donors with Stripe's events, and {STAFF} of the staff: "
        f"{sum(map(len, soak.taken.values())):,} requests, {len(soak.errors)} errors; p99: {slow}; resident memory "
        f"{middle:.0f} MiB in the middle, {last:.0f} MiB at the end."
    )
    if soak.errors:
        sys.exit("\n".join(soak.errors[:20]))
    if last > middle * ROOM + SPARE:
        sys.exit("memory grows")


def _fifths(memory: list[float]) -> tuple[list[float], list[float]]:
    """The third and the last of five parts."""
    part = max(1, len(memory) // 5)
    return memory[2 * part : 3 * part] or memory, memory[-part:]


def told(minutes: float) -> tuple[str, bool]:
    """What a soak in a process and a database of its own says, and whether it went well."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {"DATABASE_URL": f"sqlite:///{Path(folder) / 'soak.sqlite3'}", **os.environ}
        command = [sys.executable, "-m", "bench.soak", "--minutes", str(minutes), "--here"]
        done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    return "\n".join(filter(None, (done.stdout.strip(), done.stderr.strip()))), done.returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--here", action="store_true", help="on the empty database of DATABASE_URL")
    options = parser.parse_args()
    if options.here:
        main(options.minutes)
    else:
        text, well = told(options.minutes)
        print(text)
        sys.exit(not well)
