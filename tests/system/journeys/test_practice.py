"""From practice to real money in one database, as an operator goes: refused, dropped, live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.project.running import SECRET_KEY, free_port, python, running
from tests.system.journeys.databases import Database

pytestmark = pytest.mark.slow

LIVE = {
    "SECRET_KEY": SECRET_KEY,
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "SITE_URL": "https://give.example.org",
    "EMAIL_URL": "dummymail://",
}
TEST = {
    "SECRET_KEY": SECRET_KEY,
    "DEBUG": "true",
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    # Printed ones would fill the pipe, which nobody reads.
    "EMAIL_URL": "dummymail://",
}
WORDS = "Marmaduke Featherstonehaugh"
# Enough practice gifts that the file has pages full of them.
PRACTISE = f"""
import uuid
from django.utils import timezone
from donations.domain.updates import Checkout, Payment, StripeUpdate
from donations.ledger import posting
from donations.models import Donation, StripeEvent
now = timezone.now()
for number in range(40):
    gift = Donation.objects.create(amount=2000, currency="usd", name="{WORDS}", public=True, expires_at=now)
    posting.post(StripeUpdate(at=now, refs=(f"pi_{{number}}",), donation=gift.uuid, session=f"cs_test_{{number}}",
        checkout=Checkout.COMPLETE, email="featherstonehaugh@example.org", change=Payment(f"pi_{{number}}", 2000, "usd")
    ))
    StripeEvent.objects.create(id=f"evt_{{number}}", type="charge.succeeded", state="handled", body='"{WORDS}"' * 200)
"""
# As `manage.py drop_practice --yes`, killed by SIGKILL at a step of it.
KILLED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from donations.ledger import append_only, practice
from donations.models import SiteIdentity
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
setattr({"practice": practice, "append_only": append_only}[sys.argv[1]], sys.argv[2], die)
call_command("drop_practice", "--yes")
"""


def ask(database: Database, *arguments: str, key: dict[str, str]) -> tuple[int, str, str]:
    done = python(*arguments, **key, DATABASE_URL=database.url)
    return done.returncode, done.stdout, done.stderr


def practise(database: Database) -> Database:
    code, _, problem = ask(database, "manage.py", "shell", "-c", PRACTISE, key=TEST)
    assert code == 0, problem
    return database


@pytest.fixture
def practised(new_database: Callable[[], Database]) -> Database:
    return practise(new_database())


@pytest.fixture(scope="module")
def untouched(new_database: Callable[[], Database]) -> Database:
    """For those that are refused: they change nothing."""
    return practise(new_database())


def raised(database: Database, key: dict[str, str]) -> int:
    port = free_port()
    headers = {"Host": "give.example.org"} if key is LIVE else {}
    with running("-m", "project.serve", port=port, **key, PORT=str(port), DATABASE_URL=database.url) as site:
        assert site.ask("GET", "/readyz").status == 200
        return int(json.loads(site.ask("GET", "/api/stats/", headers).text)["raised_minor"])


@pytest.mark.parametrize(
    "start",
    [("-m", "project.prepare"), ("-m", "project.serve"), ("-c", "import project.wsgi")],
    ids=["prepare", "serve", "another server"],
)
def test_a_live_key_on_practice_is_refused_in_one_line(untouched: Database, start: tuple[str, ...]) -> None:
    code, told, problem = ask(untouched, *start, key=LIVE | {"PORT": str(free_port())})
    assert code == 1
    line = problem.strip().splitlines()
    assert len(line) == 1, problem
    assert line[0].startswith("tincup: STRIPE_SECRET_KEY is a live key")
    assert "DATABASE_URL" in line[0]
    assert "manage.py drop_practice" in line[0]
    assert "Tincup is at" not in told


def test_djangos_own_server_says_it_as_well(untouched: Database) -> None:
    """It loads the application in a thread, where the end of a process is swallowed."""
    code, _, problem = ask(untouched, "manage.py", "runserver", str(free_port()), key=LIVE)
    assert code != 0
    assert "tincup: STRIPE_SECRET_KEY is a live key" in problem
    assert "Traceback" not in problem


def test_practice_is_refused_then_dropped_then_live_and_stays_so(practised: Database) -> None:
    assert raised(practised, TEST) == 40 * 2000
    assert ask(practised, "-m", "project.prepare", key=LIVE)[0] == 1
    code, told, problem = ask(practised, "manage.py", "drop_practice", "--yes", key=LIVE)
    assert (code, "donations: 40" in told) == (0, True), problem
    assert ask(practised, "-m", "project.prepare", key=LIVE)[0] == 0
    assert raised(practised, LIVE) == 0
    code, _, problem = ask(practised, "-m", "project.prepare", key=TEST)
    assert (code, len(problem.strip().splitlines())) == (1, 1)
    assert "real money" in problem
    code, _, problem = ask(practised, "manage.py", "drop_practice", "--yes", key=LIVE)
    assert (code, "real money" in problem, "Traceback" in problem) == (1, True, False)


def test_a_server_that_still_runs_with_a_test_key_ends_when_the_practice_is_dropped(practised: Database) -> None:
    """Whatever it would book after that would stand among real gifts."""
    port = free_port()
    with running("-m", "project.serve", port=port, **TEST, PORT=str(port), DATABASE_URL=practised.url) as site:
        assert site.ask("GET", "/readyz").status == 200
        assert ask(practised, "manage.py", "drop_practice", "--yes", key=TEST)[0] == 0
        site.ended(timeout=40)
        assert site.process.returncode == 0, "as an operator would end it"


def test_a_server_starts_on_a_database_without_tables_and_says_that_it_is_not_ready(tmp_path: Path) -> None:
    port = free_port()
    address = f"sqlite:///{tmp_path}/empty.sqlite3"
    with running("-m", "project.serve", port=port, **TEST, PORT=str(port), DATABASE_URL=address) as site:
        answer = site.ask("GET", "/readyz")
        assert (answer.status, "migrate" in answer.text) == (503, True)


def test_nothing_of_practice_is_left_in_the_file(practised: Database) -> None:
    if practised.url.startswith("postgres"):
        pytest.skip("PostgreSQL tidies its own files")
    file = Path(urlsplit(practised.url).path)
    assert ask(practised, "manage.py", "drop_practice", "--yes", key=TEST)[0] == 0
    left = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    for trace in (WORDS.encode(), b"featherstonehaugh@", b"cs_test_", b"pi_1"):
        assert trace not in left, trace


@pytest.mark.parametrize("step", ["practice _emptied", "append_only make"])
def test_whoever_is_killed_in_the_middle_has_removed_nothing(practised: Database, step: str) -> None:
    before = practised.everything()
    done = python("-c", KILLED, *step.split(), **TEST, DATABASE_URL=practised.url)
    assert done.returncode == -9, done.stderr
    assert practised.everything() == before
    assert raised(practised, TEST) == 40 * 2000, "and the guards stand: it is ready"
    assert ask(practised, "manage.py", "drop_practice", "--yes", key=TEST)[0] == 0
    assert practised.count("donations_ledgerentry") == 0
