"""One run: donors come for a while, disaster strikes by the clock, then the sun comes out and the books are compared."""

from __future__ import annotations

import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import verdict
from tests.chaos.crowd import Crowd
from tests.chaos.donors import PLANS, Donor
from tests.chaos.tally import Tally
from tests.chaos.treasurer import FATES, stranger
from tests.chaos.verdict import Books
from tests.chaos.weather import Weather
from tests.chaos.world import World
from tests.journeys.databases import POSTGRESQL, Database, postgresql_databases, sqlite_databases

# A letter's lease and its first pauses; and the age from which rows are compared.
LATER = 20  # minutes


@dataclass(frozen=True)
class Plan:
    seed: int
    donors: int = 300
    seconds: float = 110
    kills: int = 22
    sites: int = 1
    keep: bool = False


@dataclass
class Outcome:
    differences: list[str]
    summary: str


def run(plan: Plan) -> Outcome:
    started = time.monotonic()
    with _folder(plan) as folder, _database(folder) as database:
        chance = random.Random(f"chaos {plan.seed}")
        tally = Tally()
        with World(folder, database, plan.sites, chance) as world:
            weather = Weather(world, chance)
            _storm(plan, world, weather, tally, chance)
            return _aftermath(plan, world, weather, tally, started)


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


def _storm(plan: Plan, world: World, weather: Weather, tally: Tally, chance: random.Random) -> None:
    crowd = Crowd(16, tally.surprise)
    for number in range(plan.donors):
        crowd.add(Donor(number, plan.seed, world, tally).life(), after=chance.uniform(0, plan.seconds))
    for _ in range(plan.donors // 12):
        crowd.add(stranger(chance, world.dashboard, tally), after=chance.uniform(0, plan.seconds))
    begun = time.monotonic()
    for at, strike in _schedule(plan, world, weather, chance):
        while time.monotonic() - begun < at:
            world.revive()
            time.sleep(0.2)
        strike()
    # Those who are still waiting for their bank, and for a site that answers.
    while not crowd.is_over() or world.kills < plan.kills:
        world.revive()
        if world.kills < plan.kills:
            world.kill()
        weather.change()
        time.sleep(1)


def _schedule(
    plan: Plan, world: World, weather: Weather, chance: random.Random
) -> list[tuple[float, Callable[[], object]]]:
    """What strikes when. Kills come on top of those that a restore and dying commands bring."""
    span = plan.seconds

    def at_random(times: int, strike: Callable[[], object]) -> list[tuple[float, Callable[[], object]]]:
        return [(chance.uniform(0.04 * span, span), strike) for _ in range(times)]

    strikes = [
        (0.2 * span, world.back_up),
        (0.6 * span, world.restore),
        *at_random(max(plan.kills - 4, 1), world.kill),
        *at_random(max(int(span / 5), 2), weather.change),
        *at_random(2, lambda: world.run_and_kill("housekeeping")),
        *at_random(1, lambda: world.run_and_kill("reconcile")),
        *at_random(2, world.dashboard.pay_out),
        *at_random(2, lambda: world.dashboard.bill(200)),
    ]
    return sorted(strikes, key=lambda strike: strike[0])


def _aftermath(plan: Plan, world: World, weather: Weather, tally: Tally, started: float) -> Outcome:
    stormed = time.monotonic() - started
    weather.clear()
    world.revive()
    differences = _reconcile(world)
    _send_letters(world)
    code, verified = world.run("verify_books", minutes_later=LATER)
    if code or " 0 too young" not in verified:
        differences.append(f"verify_books ended with {code}: {verified}")
    books = Books(world)
    differences += verdict.differences(world, tally, books)
    differences += verdict.mail_differences(world, tally)
    # What was lost comes after all, weeks late and long known: nothing may change.
    told = world.dashboard.resend_undelivered()
    differences += _nothing_changes(world, books, told)
    return Outcome(differences, _summary(plan, world, weather, tally, books, verified, differences, stormed, started))


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
    deadline = time.monotonic() + 60
    due = "state = 'waiting' AND attempts = 0"
    while world.database.count("mail_mail", due) and time.monotonic() < deadline:
        time.sleep(0.5)
    for _ in range(20):
        if not world.database.count("mail_mail", "state = 'waiting'"):
            return
        world.run("housekeeping", minutes_later=LATER)


def _nothing_changes(world: World, before: Books, told: int) -> list[str]:
    deadline = time.monotonic() + 5 + told / 5
    while time.monotonic() < deadline and world.dashboard.undelivered():
        time.sleep(0.5)
    after = Books(world)
    if left := world.dashboard.undelivered():
        return [f"{left} events could not be delivered on a fine day"]
    if (before.donations, before.entries) != (after.donations, after.entries):
        return ["events that came weeks late changed the books"]
    return []


def _summary(
    plan: Plan,
    world: World,
    weather: Weather,
    tally: Tally,
    books: Books,
    verified: str,
    differences: list[str],
    stormed: float,
    started: float,
) -> str:
    def counted(names: object) -> str:
        return ", ".join(f"{tally.counts[name]} {name}" for name in names if tally.counts[name])  # type: ignore[attr-defined]

    faults = world.faults
    kinds = weather.events_by_kind()
    copies = world.post.copies()
    lines = [
        f"seed          {plan.seed}, {'PostgreSQL' if POSTGRESQL else 'SQLite'}, "
        f"{plan.sites} site process{'es' if plan.sites > 1 else ''}",
        f"donors        {plan.donors}, led to {len(tally.gifts)} pages: {counted(PLANS)}",
        f"then          {counted(FATES)}; {tally.counts['strangers']} of another seller",
        f"kills         {world.kills}, and a backup of {world.restored_at - world.taken_at:.0f} s ago restored once",
        f"Stripe        {len(faults)} faults: " + ", ".join(f"{faults.count(name)} {name}" for name in sorted({*faults})),
        f"events        {kinds.total()}: " + ", ".join(f"{times} {kind}" for kind, times in kinds.most_common()),
        f"mails         {len(world.post.taken)} taken, {copies.total() - len(copies)} of them copies; "
        f"{world.post.turned_away} turned away",
        f"books         {len(books.donations)} donations ({books.rebuilt} rebuilt), {books.rows} ledger rows, "
        f"{verified.partition('.')[0]}",
        f"time          {stormed:.0f} s of storm, {time.monotonic() - started - stormed:.0f} s of mending and comparing",
        *(f"  {difference}" for difference in differences),
        f"DIFFERENCES: {len(differences)}",
    ]
    return "\n".join(lines)
