"""`python -m bench.shield [seconds]`: an attack on the payment pages, with the shield and without it.

One address, and then two hundred, ask for eighty pages a second, for so many seconds (40 unless told): what one address
was seen to do. Meanwhile honest donors give from addresses of their own. A donor fetches the form, takes two seconds to
press, solves the puzzle when asked to, and pays. Printed is how many pages the attack got, how many donors came to a
page, and how long they waited for it after they had pressed. Beside it stands what /livez took meanwhile: the floor
that the machine allows.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from multiprocessing.sharedctypes import Synchronized
from urllib.parse import urlencode, urlsplit

from bench.machine import ROOT, serving

PORT = int(os.environ.get("BENCH_PORT", "8199"))
CLIENTS = 40
PACE = 0.5  # seconds between two tries of one client
STRIPE = PORT + 1
DONORS_A_SECOND = 1
PRESSES_AFTER = 2.0  # seconds
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|token|since|ticket)" value="([^"]*)"')
PUZZLE = re.compile(r'data-puzzle="(\w+)" data-parts="(\d+)" data-bits="(\d+)"')


@dataclass
class Browser:
    """What one visitor does, from one address."""

    address: str
    port: int = PORT
    cookies: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("localhost" if self.port == PORT else "127.0.0.1", self.port, timeout=30)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """The status, and where it leads."""
        headers = {"X-Forwarded-For": self.address, "X-Forwarded-Proto": "http"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(form) if form else None, headers)
        answer = self.connection.getresponse()
        self.text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if found := dict(HIDDEN.findall(self.text)):
            self.fields = found
        return answer.status, answer.headers["Location"] or ""

    def gives(self, **more: str) -> tuple[int, str]:
        return self.ask("POST", "/donate", {**self.fields, "amount": "5", **more})


def attacker(addresses: list[str], until: float, pages: Synchronized[int], tries: Synchronized[int]) -> None:
    chance = random.Random()
    visitor = Browser(chance.choice(addresses))
    visitor.ask("GET", "/donate")
    due = time.time() + chance.random() * PACE
    while due < until:
        time.sleep(max(0.0, due - time.time()))
        due = max(due + PACE, time.time())
        visitor.address = chance.choice(addresses)
        visitor.fields["token"] = secrets.token_urlsafe(16)
        try:
            status, _ = visitor.gives()
        except (OSError, HTTPException):
            visitor.connection.close()
            continue
        with tries.get_lock():
            tries.value += 1
            pages.value += status == 303


def attack(addresses: list[str], until: float, pages: Synchronized[int], tries: Synchronized[int]) -> None:
    clients = [
        threading.Thread(target=attacker, args=(addresses, until, pages, tries), daemon=True) for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def solved(text: str) -> str:
    found = PUZZLE.search(text)
    if not found:
        return ""
    seed, parts, bits = found[1], int(found[2]), int(found[3])
    numbers = []
    for part in range(parts):
        number = 0
        while int.from_bytes(hashlib.sha256(f"{seed}.{part}.{number}".encode()).digest()[:4]) >> (32 - bits):
            number += 1
        numbers.append(str(number))
    return ",".join(numbers)


def donor(number: int) -> float | None:
    """Seconds from pressing the coin to having a page; None without one."""
    person = Browser(f"172.{16 + number // 250}.{number % 250}.1")
    try:
        person.ask("GET", "/donate")
        time.sleep(PRESSES_AFTER)
        pressed = time.perf_counter()
        status, page = person.gives()
        if status == 429 and (solution := solved(person.text)):
            status, page = person.gives(solution=solution)
        took = time.perf_counter() - pressed
        if status != 303:
            return None
        path = urlsplit(page).path
        person = Browser(person.address, STRIPE)
        person.ask("GET", path)
        card = {"number": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "A", "email": "a@example.org"}
        person.ask("POST", path, {**person.fields, **card, "pay": "card"})
    except (OSError, HTTPException):
        return None
    return took


def floor(until: float) -> list[float]:
    """Seconds that the smallest answer takes, again and again."""
    visitor, took = Browser("192.0.2.1"), []
    while time.time() < until:
        asked = time.perf_counter()
        visitor.ask("GET", "/livez")
        took.append(time.perf_counter() - asked)
        time.sleep(0.2)
    return took


def ninety_ninth(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else float("nan")


def run(addresses: list[str], seconds: float) -> str:
    pages, tries = multiprocessing.Value("i", 0), multiprocessing.Value("i", 0)
    until = time.time() + seconds
    attackers = multiprocessing.Process(target=attack, args=(addresses, until, pages, tries))
    attackers.start()
    with ThreadPoolExecutor(64) as people:
        livez = people.submit(floor, until)
        coming = []
        for number in range(int((seconds - PRESSES_AFTER - 1) * DONORS_A_SECOND)):
            coming.append(people.submit(donor, number))
            time.sleep(1 / DONORS_A_SECOND)
        waits = [each.result() for each in coming]
    attackers.join()
    served = [wait for wait in waits if wait is not None]
    return (
        f"{pages.value:5d} pages of {tries.value:6d} tries   {len(served):4d} of {len(waits):4d} donors   "
        f"median {statistics.median(served or [0]):5.2f} s   p99 {ninety_ninth(served):5.2f} s   "
        f"/livez p99 {ninety_ninth(livez.result()):5.2f} s"
    )


@contextmanager
def stand_in(folder: str, environment: dict[str, str]) -> Iterator[None]:
    """Stripe's part, in a process of its own."""
    hook = f"http://localhost:{PORT}/stripe-webhook/"
    options = ["--port", str(STRIPE), "--forward-to", hook, "--secret", "whsec_bench", "--database", f"{folder}/s.db"]
    stripe = subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", *options],
        cwd=ROOT, env=environment | {"DEBUG": "true"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert stripe.stdout is not None
        stripe.stdout.readline()
        yield
    finally:
        stripe.terminate()
        stripe.wait(30)


def main(seconds: float) -> None:
    for shield in ("false", "true"):
        for name, addresses in (("1 address", ["203.0.113.9"]), ("200", [f"10.0.{n}.1" for n in range(200)])):
            with tempfile.TemporaryDirectory() as folder:
                environment = os.environ | {
                    "SECRET_KEY": secrets.token_urlsafe(50),
                    "DEBUG": "false",
                    "SANDBOX": "false",
                    "STRIPE_API_BASE": f"http://127.0.0.1:{STRIPE}",
                    "SHIELD": shield,
                    "TRUSTED_PROXIES": "1",
                    "PORT": str(PORT),
                    "SITE_URL": f"http://localhost:{PORT}",
                    "EMAIL_URL": "dummymail://",
                    "STRIPE_SECRET_KEY": "sk_test_bench",
                    "STRIPE_WEBHOOK_SECRET": "whsec_bench",
                    "DJANGO_SETTINGS_MODULE": "project.settings",
                    "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{folder}/bench.sqlite3",
                }
                subprocess.run([sys.executable, "-m", "project.prepare"], cwd=ROOT, env=environment, check=True)
                with stand_in(folder, environment), serving(environment):
                    told = run(addresses, seconds)
            print(f"SHIELD={shield:5}  {name:10}  {told}", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 40.0)
