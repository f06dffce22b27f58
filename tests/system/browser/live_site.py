"""The site under test, as real processes, and what can be asked of it from outside."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.project import prepared
from tests.project.running import SECRET_KEY, free_port, python, running

PATIENCE = 30  # seconds: the machine may be busy with other tests
STRIPE_SECRET = "whsec_of_the_browser_tests"
GOOD_MOOD = {
    "delivery": "normal",
    "delay": 10,
    "doubled": "false",
    "shuffled": "false",
    "two_ids": "false",
    "release": "",
    "bank_delay": 30,
}


def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What the condition finally says; an error if it stays false."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Site:
    url: str
    stripe_url: str
    database: Path
    variables: dict[str, str]

    def command(self, *arguments: str, **variables: str) -> None:
        """Run a management command against this site's database."""
        done = python("manage.py", *arguments, **self.variables, **variables)
        assert done.returncode == 0, done.stderr

    def make_treasurer(self, password: str) -> None:
        """As `make admin` does, once: tests of several files share the site, in any order."""
        if self.rows("SELECT 1 FROM accounts_user WHERE email = 'treasurer@example.com'"):
            return
        variables = {"DJANGO_SUPERUSER_EMAIL": "treasurer@example.com", "DJANGO_SUPERUSER_PASSWORD": password}
        self.command("createsuperuser", "--noinput", **variables)

    def stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.url}/api/stats/", timeout=PATIENCE).json()
        return answer

    # --- What is written in its books ---

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(
            sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=PATIENCE)
        ) as connection:
            return connection.execute(statement, values).fetchall()

    def gifts(self) -> list[tuple[int, str]]:
        """Amount and status of every donation, the newest last."""
        return [(amount, status) for amount, status in self.rows("SELECT amount, status FROM donations_donation")]

    def ledger(self, session_id: str) -> list[tuple[str, int]]:
        """Kind and amount of the entries of one gift."""
        statement = (
            "SELECT entry.kind, entry.amount FROM donations_ledgerentry entry"
            " JOIN donations_donation gift ON gift.id = entry.donation_id WHERE gift.session_id = ?"
        )
        return [(kind, amount) for kind, amount in self.rows(statement, session_id)]

    def raised(self) -> int:
        return int(self.rows("SELECT COALESCE(SUM(amount), 0) FROM donations_ledgerentry")[0][0])

    def events(self, session_id: str) -> int:
        """How many of Stripe's events about this session have come in."""
        statement = "SELECT COUNT(*) FROM donations_stripeevent WHERE body LIKE ?"
        return int(self.rows(statement, f"%{session_id}%")[0][0])

    # --- The stand-in for Stripe ---

    def stripe(self, method: str, path: str, **fields: Any) -> Any:
        answer = requests.request(
            method,
            f"{self.stripe_url}/v1/{path}",
            params=fields if method == "GET" else None,
            data=fields if method == "POST" else None,
            headers={"Authorization": "Bearer sk_test_of_the_tests"},
            timeout=PATIENCE,
        )
        assert answer.ok, answer.text
        return answer.json()

    def behave(self, **mood: Any) -> None:
        """Change how the stand-in delivers its events."""
        self.stripe("POST", "test_helpers/sandbox", **mood)

    def resend(self) -> None:
        """Send every event that has not arrived."""
        self.stripe("POST", "test_helpers/sandbox/resend", undelivered="true")

    def settle(self, session_id: str, outcome: str) -> None:
        """Let the bank answer now: "settles" or "fails"."""
        self.stripe("POST", "test_helpers/sandbox/settle", session=session_id, outcome=outcome)

    def expire(self, session_id: str) -> None:
        self.stripe("POST", f"checkout/sessions/{session_id}/expire")

    def sessions(self) -> list[str]:
        """The ids of all pages that were ever opened at Stripe, the newest first."""
        found: list[str] = []
        more = True
        while more:
            after = {"starting_after": found[-1]} if found else {}
            page = self.stripe("GET", "checkout/sessions", limit=100, **after)
            found += [session["id"] for session in page["data"]]
            more = page["has_more"]
        return found


@contextlib.contextmanager
def served(folder: Path, *, first: str = "", **variables: str) -> Iterator[Site]:
    """The site as `make run` starts it: prepared, with DEBUG and the sandbox on unless the variables say otherwise.

    `first` is Python for what must be in its database before it serves: it may remember for seconds what it has read.
    """
    port = int(variables.get("PORT") or free_port())
    database = prepared.copy_to(folder)
    base = {"SECRET_KEY": SECRET_KEY, "DEBUG": "true", "PORT": str(port), "DATABASE_URL": f"sqlite:///{database}"}
    # All of its donors come from one address; the tests of the shield switch it on.
    variables = base | {"SHIELD": "off"} | variables
    done = python("-m", "project.prepare", **variables)
    assert done.returncode == 0, done.stderr
    url = f"http://localhost:{port}"
    site = Site(url, variables.get("STRIPE_API_BASE", f"{url}/sandbox"), database, variables)
    if first:
        site.command("shell", "--no-imports", "-c", first)
    with running("-m", "project.serve", port=port, **variables):
        yield site


class StripeElsewhere:
    """The stand-in as its own process, at another origin than the site's, as Stripe is. It can go and come back."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.site_port = free_port()
        self.folder = folder
        self.life = contextlib.ExitStack()
        self.there = False

    def start(self) -> None:
        options = {
            "--port": str(self.port),
            "--forward-to": f"http://localhost:{self.site_port}/stripe-webhook/",
            "--secret": STRIPE_SECRET,
            "--database": str(self.folder / "stripe.sqlite3"),
        }
        flat = [word for option in options.items() for word in option]
        variables = {"SECRET_KEY": SECRET_KEY, "DEBUG": "true"}
        self.life.enter_context(running("manage.py", "sandbox", *flat, port=self.port, **variables))
        until(self._answers)
        self.there = True

    def _answers(self) -> bool:
        # It says that it is there before it listens.
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/sandbox/", timeout=PATIENCE).ok
        return False

    def stop(self) -> None:
        """Gone at once, as after a `kill -9`."""
        self.there = False
        self.life.close()


@contextlib.contextmanager
def production_site(folder: Path) -> Iterator[tuple[Site, StripeElsewhere]]:
    """The site as it is in earnest, but for the key; its Stripe is a process of its own."""
    stripe = StripeElsewhere(folder)
    stripe.start()
    try:
        with served(
            folder,
            DEBUG="false",
            SANDBOX="false",
            PORT=str(stripe.site_port),
            STRIPE_SECRET_KEY="sk_test_of_the_tests",
            STRIPE_WEBHOOK_SECRET=STRIPE_SECRET,
            STRIPE_API_BASE=stripe.url,
            EMAIL_URL="consolemail://",
        ) as site:
            yield site, stripe
    finally:
        stripe.stop()
