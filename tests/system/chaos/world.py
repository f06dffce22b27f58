"""The processes: Stripe, which never dies, and the site, which dies often. And the database that outlives it."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from project.env import BASE_DIR
from tests.project.running import SECRET_KEY, environment, free_port
from tests.system.chaos import clock
from tests.system.chaos.copies import Copy
from tests.system.chaos.dashboard import KEY, Dashboard
from tests.system.chaos.line import Line
from tests.system.chaos.post import PostOffice
from tests.system.journeys.databases import Database

SECRET = "whsec_of_the_chaos"

# Where a site may carry the wish to die (see tests.system.journeys.killing), besides being killed from outside: the
# steps between which something could be lost or doubled, in requests, in the webhook and above all in housekeeping.
DEADLY = [
    "donations.giving.claims.keep before",
    "donations.stripe.client.create_session after",
    "donations.stripe.events.insert_once after",
    "donations.stripe.events.retry_deferred before",
    "donations.ledger.posting.post after",
    "donations.ledger.monthly_totals.add after",
    "donations.stripe.polling.fetch after",
    "donations.stripe.polling._try_again before",
    "donations.stripe.balance_transactions._add after",
    "donations.ledger.receipt_numbers.draw after",
    "donations.jobs.scheduler.store_result before",
    "mail.outbox.enqueue after",
    "mail.outbox._claim after",
    "mail.outbox._taken before",
]


def by_clock(file: Path, module: str, *arguments: str, minutes_later: int = 0) -> list[str]:
    """The command that runs a module by this clock."""
    return [sys.executable, "-m", "tests.system.chaos.clock", str(file), str(minutes_later), module, *arguments]


class Server:
    """One process on one port, started and started again."""

    def __init__(self, log: Path, port: int, clock: Path, **variables: str) -> None:
        self.log = log
        self.clock = clock
        self.port = port
        self.variables = {"SECRET_KEY": SECRET_KEY, "PORT": str(port)} | variables
        self.process: subprocess.Popen[str] | None = None

    def start(self, module: str, *arguments: str) -> None:
        if self.process and self.process.stdout:
            # One that died by itself: left open, it would be a warning at some later moment.
            self.process.stdout.close()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                by_clock(self.clock, module, *arguments),
                cwd=BASE_DIR,
                env=environment(**self.variables),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout
        # One that wishes to die may do so before it can say that it serves.
        if not self.process.stdout.readline() and self.process.wait(10) != -signal.SIGKILL:
            raise AssertionError(f"it did not start: {self.log.read_text()[-2000:]}")

    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> bool:
        """Kill -9. False when it was dead already."""
        if self.process is None:
            return False
        self.process.kill()
        alive = self.process.wait(10) == -signal.SIGKILL
        assert self.process.stdout
        self.process.stdout.close()
        self.process = None
        return alive


class World:
    """Everything that runs. `life` counts the lives of the database: a restored backup begins a new one."""

    def __init__(self, folder: Path, database: Database, sites: int, chance: random.Random) -> None:
        self.folder = folder
        self.database = database
        self.chance = chance
        self.post = PostOffice(f"post {chance.random()}")
        ports = [free_port() for _ in range(sites)]
        self.line = Line(ports)
        self.address = f"http://127.0.0.1:{self.line.port}"
        self.life = 0
        self.kills = 0
        self.jumps = 0
        self.taken_at = self.restored_at = 0.0
        self.errands: list[subprocess.Popen[str]] = []
        self.clock = folder / "seconds ahead"
        self.stripe = Server(folder / "stripe.log", free_port(), self.clock, DEBUG="true")
        self.dashboard = Dashboard(f"http://127.0.0.1:{self.stripe.port}")
        self.sites = [Server(folder / f"site-{port}.log", port, self.clock, **self._settings()) for port in ports]
        self.copy = Copy(folder, self.sites[0].variables)

    def _settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database.url,
            "SITE_URL": self.address,
            "SHIELD": "off",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.post.port}",
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_API_BASE": self.dashboard.address,
        }

    def __enter__(self) -> Self:
        self.stripe.start(
            *("tests.system.chaos.counting", str(self.folder / "faults"), "sandbox"),
            *("--port", str(self.stripe.port), "--secret", SECRET, "--database", str(self.stripes_book)),
            *("--forward-to", f"{self.address}/stripe-webhook/"),
        )
        for site in self.sites:
            site.start("project.serve")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end_errands()
        for server in (self.stripe, *self.sites):
            server.kill()
        self.line.close()
        self.post.close()

    @property
    def stripes_book(self) -> Path:
        return self.folder / "stripe.sqlite3"

    @property
    def faults(self) -> list[str]:
        file = self.folder / "faults"
        return file.read_text().split() if file.exists() else []

    # --- Time ---

    def now(self) -> float:
        """Seconds since the epoch, by the clock of the site and of Stripe."""
        return time.time() + clock.ahead(self.clock)

    def wait(self, time: timedelta) -> None:
        """So much time goes by for the site and for Stripe, and all that Stripe does by time alone is done."""
        self.jumps += 1
        clock.move(self.clock, time.total_seconds())
        self.dashboard.do_what_is_due()

    # --- Dying ---

    def kill(self) -> None:
        """One site, and sometimes all at once; then start what is dead."""
        several = self.chance.random() < 0.25
        for site in self.sites if several else [self.chance.choice(self.sites)]:
            self.kills += site.kill()
        self.revive(wishing=True)

    def revive(self, *, wishing: bool = False) -> None:
        """Start what is dead. A site that died of its own wish counts as killed; of anything else nobody should die."""
        for site in self.sites:
            if not site.is_dead():
                continue
            if site.process:
                code = site.process.returncode
                assert code == -signal.SIGKILL, f"the site ended by itself ({code}): {site.log.read_text()[-2000:]}"
                self.kills += 1
            if wishing and self.chance.random() < 0.6:
                where = self.chance.choice(DEADLY).split()
                site.start("tests.system.journeys.killing", *where, str(self.chance.randint(1, 12)))
            else:
                site.start("project.serve")

    def restart(self) -> None:
        """The operator starts everything afresh: nobody wishes to die any more."""
        with self._stopped():
            pass

    @contextlib.contextmanager
    def _stopped(self) -> Iterator[None]:
        """Nobody has the database open: a file that is copied over while somebody has is a broken one."""
        self._end_errands()
        for site in self.sites:
            self.kills += site.kill()
        yield
        self.revive()

    def _end_errands(self) -> None:
        while self.errands:
            errand = self.errands.pop()
            errand.kill()
            errand.communicate()
            self.kills += errand.returncode == -signal.SIGKILL

    # --- Backups ---

    def back_up(self) -> None:
        self.taken_at = time.time()
        self.copy.take()

    def restore(self) -> None:
        """All that happened since the backup is forgotten here, and not at Stripe."""
        with self._stopped():
            self.copy.restore()
            self.life += 1
            self.restored_at = time.time()

    # --- Commands, as the operator or cron types them ---

    def command(self, *arguments: str, minutes_later: int = 0) -> subprocess.Popen[str]:
        """A management command under way; `minutes_later` by its own clock."""
        return subprocess.Popen(
            by_clock(self.clock, "manage", *arguments, minutes_later=minutes_later),
            cwd=BASE_DIR,
            env=environment(**self.sites[0].variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, minutes_later: int = 0) -> tuple[int, str]:
        """A command to its end: exit code and what it printed."""
        process = self.command(*arguments, minutes_later=minutes_later)
        printed, _ = process.communicate(timeout=600)
        return process.returncode, printed

    def begin(self, *arguments: str) -> None:
        """A command beside all that goes on. In bad weather it may well end in an error."""
        self.errands.append(self.command(*arguments))

    def run_and_kill(self, *arguments: str) -> None:
        """A command that is killed in the middle, unless it is quicker."""
        process = self.command(*arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=self.chance.uniform(0.8, 3))
        process.kill()
        process.communicate()
        self.kills += process.returncode == -signal.SIGKILL
