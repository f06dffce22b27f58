"""The site, and Stripe's stand-in, as processes that can die and come back."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from tests.project.running import SECRET_KEY, Running, free_port, running
from tests.system.journeys.databases import Database
from tests.system.journeys.stripe_side import KEY, SECRET, StripeSide


class Process:
    """A server on one port, started and started again; ends with the stack."""

    def __init__(self, stack: ExitStack, port: int, **variables: str) -> None:
        self.stack = stack
        self.port = port
        self.variables = {"SECRET_KEY": SECRET_KEY, "PORT": str(port)} | variables
        self.running: Running | None = None

    def run(self, *arguments: str) -> None:
        self.running = self.stack.enter_context(running(*arguments, port=self.port, **self.variables))

    def kill(self) -> None:
        assert self.running
        self.running.process.kill()
        self.running.process.wait(10)

    def was_killed(self) -> bool:
        """Wait for its end; whether it was SIGKILL that ended it."""
        assert self.running
        return self.running.process.wait(30) == -signal.SIGKILL


class Stripe(Process):
    """`manage.py sandbox`: killing the site does not kill Stripe."""

    def __init__(self, stack: ExitStack, database: Path, forward_to: str) -> None:
        super().__init__(stack, free_port(), DEBUG="true")
        self.side = StripeSide(f"http://127.0.0.1:{self.port}")
        self.arguments = ["--port", str(self.port), "--forward-to", forward_to]
        self.arguments += ["--secret", SECRET, "--database", str(database)]

    def start(self) -> None:
        self.run("manage.py", "sandbox", *self.arguments)


class Site(Process):
    """`stripe` is the API base of a Stripe outside; without one the site has the sandbox inside, as by `make run`."""

    def __init__(self, stack: ExitStack, database: Database, stripe: str = "", port: int = 0) -> None:
        port = port or free_port()
        outside = {
            "SITE_URL": f"http://127.0.0.1:{port}",
            "EMAIL_URL": "dummymail://",
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_API_BASE": stripe,
        }
        super().__init__(
            stack, port, DATABASE_URL=database.url, SHIELD="off", **(outside if stripe else {"DEBUG": "true"})
        )
        self.database = database
        self.address = outside["SITE_URL"] if stripe else f"http://localhost:{port}"
        self.stripe = StripeSide(stripe or f"{self.address}/sandbox")

    def start(self, dying: str = "") -> None:
        """`dying`: "<dotted.function> <before|after> [nth]", where it kills itself (see the module `killing`)."""
        if dying:
            self.run("-m", "tests.system.journeys.killing", *dying.split())
        else:
            self.run("-m", "project.serve")

    def start_later(self, claim: timedelta) -> None:
        """As if it had been away until this claim of the process before it ran out (see the module `later`)."""
        self.run("-m", "tests.system.journeys.later", str(claim.total_seconds() + 1))

    def receives(self, body: bytes, signature: str) -> int:
        """Deliver to the webhook; the status of the answer."""
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return requests.post(f"{self.address}/stripe-webhook/", data=body, headers=headers, timeout=30).status_code

    def stats(self) -> Any:
        return requests.get(f"{self.address}/api/stats/", timeout=30).json()

    def ledger(self) -> list[tuple[Any, ...]]:
        return self.database.rows("SELECT kind, amount, currency, donation_id FROM donations_ledgerentry ORDER BY id")
