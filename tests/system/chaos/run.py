"""One run: donors come for a while, disaster strikes by the clock, the sun comes out, and the books are compared."""

from __future__ import annotations

import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.chaos import monthly_verdict, summary, verdict, year
from tests.system.chaos.crowd import Crowd
from tests.system.chaos.donors import Donor
from tests.system.chaos.monthly_verdict import Recurring
from tests.system.chaos.regulars import Regular
from tests.system.chaos.stripes_book import StripesBook
from tests.system.chaos.tally import Tally
from tests.system.chaos.treasurer import stranger
from tests.system.chaos.verdict import Books
from tests.system.chaos.weather import Weather
from tests.system.chaos.world import World
from tests.system.journeys.databases import POSTGRESQL, Database, postgresql_databases, sqlite_databases

THREADS = 16  # donors who do something at the same moment
# An e-mail's lease and its first pauses; and the age from which rows are compared.
LATER = 20  # minutes


@dataclass(frozen=True)
class Plan:
    seed: int
    donors: int = 300
    regulars: int = 40
    months: int = 12
    seconds: float = 110
    kills: int = 22
    sites: int = 1
    keep: bool = False


@dataclass
class Outcome:
    """All that a run leaves behind, for the summary."""

    plan: Plan
    world: World
    weather: Weather
    tally: Tally
    storm: float  # seconds
    year: float = 0
    mending: float = 0
    verified: str = ""
    books: Books | None = None
    recurring: Recurring | None = None
    differences: list[str] = field(default_factory=list)


def run(plan: Plan) -> tuple[str, list[str]]:
    """The summary, and the differences."""
    with _folder(plan) as folder, _database(folder) as database:
        chance = random.Random(f"chaos {plan.seed}")
        tally = Tally()
        with World(folder, database, plan.sites, chance) as world:
            weather = Weather(world, chance)
            begun = time.monotonic()
            regulars = [Regular(plan.donors + number, plan.seed, world, tally) for number in range(plan.regulars)]
            _storm(plan, world, weather, tally, chance, regulars)
            outcome = Outcome(plan, world, weather, tally, storm=time.monotonic() - begun)
            year.pass_by(plan.months, world, weather, tally, regulars, chance, kills=bool(plan.kills))
            outcome.year = time.monotonic() - begun - outcome.storm
            _mend(outcome)
            _compare(outcome)
            outcome.mending = time.monotonic() - begun - outcome.storm - outcome.year
            return summary.of(outcome), outcome.differences


@contextmanager
def _folder(plan: Plan) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{plan.seed}-"))
    try:
        yield folder
    finally:
        if plan.keep:
            print(f"logs and databases are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(folder: Path) -> Iterator[Database]:
    with postgresql_databases(POSTGRESQL) if POSTGRESQL else sqlite_databases(folder / "site") as make:
        yield make()


def _storm(
    plan: Plan, world: World, weather: Weather, tally: Tally, chance: random.Random, regulars: list[Regular]
) -> None:
    with Crowd(THREADS, tally.surprise) as crowd:
        for number in range(plan.donors):
            crowd.add(Donor(number, plan.seed, world, tally).life(), after=chance.uniform(0, plan.seconds))
        for regular in regulars:
            crowd.add(regular.life(), after=chance.uniform(0, plan.seconds))
        for _ in range(plan.donors // 12):
            crowd.add(stranger(chance, world.dashboard, tally), after=chance.uniform(0, plan.seconds))
        begun = time.monotonic()
        for at, strike in _schedule(plan, world, weather, chance):
            while time.monotonic() - begun < at:
                world.revive()
                time.sleep(0.2)
            strike()
        # Some still wait for their bank, or for a site that answers.
        while not crowd.is_over() or world.kills < plan.kills:
            world.revive()
            if world.kills < plan.kills:
                world.kill()
            weather.change()
            time.sleep(2)


def _schedule(
    plan: Plan, world: World, weather: Weather, chance: random.Random
) -> list[tuple[float, Callable[[], object]]]:
    """What strikes when. Kills come on top of those that a restore and dying commands bring."""
    span = plan.seconds
    few = max(1, round(span / 50))

    def at_random(times: int, strike: Callable[[], object]) -> list[tuple[float, Callable[[], object]]]:
        return [(chance.uniform(0.04 * span, span), strike) for _ in range(times)]

    strikes = at_random(max(int(span / 5), 2), weather.change)
    if not plan.kills:
        return sorted(strikes, key=lambda strike: strike[0])
    strikes += [
        (0.2 * span, world.back_up),
        (0.6 * span, world.restore),
        *at_random(max(plan.kills - 1 - 2 * few, 1), world.kill),
        *at_random(few, lambda: world.run_and_kill("housekeeping")),
        *at_random(few, lambda: world.run_and_kill("reconcile")),
        *at_random(few, lambda: world.begin("reconcile")),
        *at_random(few, world.dashboard.pay_out),
        *at_random(few, lambda: world.dashboard.bill(200)),
    ]
    return sorted(strikes, key=lambda strike: strike[0])


def _mend(outcome: Outcome) -> None:
    outcome.weather.clear()
    outcome.world.restart()
    outcome.differences += _reconcile(outcome.world)
    _send_letters(outcome.world)


def _compare(outcome: Outcome) -> None:
    world, tally = outcome.world, outcome.tally
    code, outcome.verified = world.run("verify_books", minutes_later=LATER)
    if code or " 0 too young" not in outcome.verified:
        outcome.differences.append(f"verify_books ended with {code}: {outcome.verified}")
    outcome.books = books = Books(world)
    outcome.recurring = recurring = Recurring(StripesBook(world.stripes_book))
    outcome.differences += verdict.differences(world, tally, books, recurring.renewals)
    outcome.differences += monthly_verdict.differences(world, tally, books, recurring)
    letters = world.post.by_recipient()
    outcome.differences += monthly_verdict.letters(tally, recurring, letters)
    outcome.differences += verdict.mail_differences(world, tally, letters)
    # What was lost comes after all, late and long known: nothing may change.
    outcome.differences += _nothing_changes(world, books, world.dashboard.resend_undelivered())


def _reconcile(world: World) -> list[str]:
    for _ in range(3):
        code, mended = world.run("reconcile")
        if code:
            return [f"reconcile ended with {code}: {mended}"]
        if re.search(r"\b0 gifts rebuilt, 0 changed, 0 ledger rows added", mended):
            return []
    return [f"the third reconcile still found work: {mended}"]


def _send_letters(world: World) -> None:
    """The site's own processes send what is due; what waits for its next try is sent by a clock that is ahead."""

    def waiting(condition: str = "") -> int:
        return world.database.count("mail_mail", f"state = 'waiting' {condition}")

    left = waiting("AND attempts = 0")
    while left:
        time.sleep(3)  # a round of housekeeping, and a bit
        before, left = left, waiting("AND attempts = 0")
        if left == before:
            break
    left = waiting()
    while left:
        world.run("housekeeping", minutes_later=LATER)
        before, left = left, waiting()
        if left == before:
            break  # the verdict will say whose e-mail it is


def _nothing_changes(world: World, before: Books, told: int) -> list[str]:
    deadline = time.monotonic() + 5 + told / 5
    while time.monotonic() < deadline and world.dashboard.undelivered():
        time.sleep(0.5)
    after = Books(world)
    if left := world.dashboard.undelivered():
        return [f"{left} events could not be delivered on a fine day"]
    return [
        f"events that came weeks late changed donation {number}: {was} became {is_}"
        for number in sorted(before.donations.keys() | after.donations.keys())
        if (was := before.row(number)) != (is_ := after.row(number)) and not after.unpaid_and_lost(number)
    ]
