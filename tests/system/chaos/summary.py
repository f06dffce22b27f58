"""What the run was, in a dozen lines; the verdict is the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.system.chaos.donors import PLANS
from tests.system.chaos.regulars import DEEDS, OWN_DEEDS
from tests.system.chaos.treasurer import FATES
from tests.system.journeys.databases import POSTGRESQL

if TYPE_CHECKING:
    from tests.system.chaos.run import Outcome


def of(outcome: Outcome) -> str:
    lines = {
        "seed": _seed(outcome),
        "donors": _donors(outcome),
        "then": _then(outcome),
        "monthly": _monthly(outcome),
        "kills": _kills(outcome),
        "Stripe": _faults(outcome),
        "events": _events(outcome),
        "mails": _mails(outcome),
        "books": _books(outcome),
        "time": _time(outcome),
    }
    rows = [f"{name:<8}{text}" for name, text in lines.items()]
    rows += [f"  {difference}" for difference in outcome.differences]
    return "\n".join([*rows, f"DIFFERENCES: {len(outcome.differences)}"])


def _seed(outcome: Outcome) -> str:
    database = "PostgreSQL" if POSTGRESQL else "SQLite"
    return f"{outcome.plan.seed}, {database}, {len(outcome.world.sites)} site process(es)"


def _donors(outcome: Outcome) -> str:
    did = _counted(Counter({name: outcome.tally.counts[name] for name in PLANS}))
    return f"{outcome.plan.donors}, led to {len(outcome.tally.gifts)} pages: {did}"


def _then(outcome: Outcome) -> str:
    counts = outcome.tally.counts
    return f"{_counted(Counter({name: counts[name] for name in FATES}))}; {counts['strangers']} of another seller"


def _monthly(outcome: Outcome) -> str:
    recurring, counts = outcome.recurring, outcome.tally.counts
    assert recurring
    states = Counter(each["status"] for each in recurring.subscriptions)
    brought = sum(recurring.paid.values()) / 100
    deeds = Counter({name: counts[name] for name in (*DEEDS, *(f"{each} by the donor" for each in OWN_DEEDS))})
    charged = f"{len(recurring.paid)} charges of {brought:.2f} within {outcome.plan.months} months"
    return f"{len(recurring.subscriptions)} subscriptions ({_counted(states)}), {charged}; {_counted(deeds)}"


def _kills(outcome: Outcome) -> str:
    world = outcome.world
    age = world.restored_at - world.taken_at
    broken = outcome.tally.counts["broken lines"]
    return f"{world.kills} ({broken} requests cut off), and a backup of {age:.0f} s before restored once"


def _faults(outcome: Outcome) -> str:
    faults = Counter(outcome.world.faults)
    return f"{faults.total()} faults: {_counted(faults)}"


def _events(outcome: Outcome) -> str:
    kinds = outcome.weather.events_by_kind()
    return f"told {_counted(kinds)} (one may be of several)"


def _mails(outcome: Outcome) -> str:
    post = outcome.world.post
    letters = {letter.message_id for letter in post.taken}
    return f"{len(letters)} letters, {len(post.taken) - len(letters)} copies; {post.turned_away} tries turned away"


def _books(outcome: Outcome) -> str:
    books = outcome.books
    assert books
    verified = outcome.verified.partition(".")[0]
    return f"{len(books.donations)} donations, {books.rebuilt} rebuilt, {books.rows} ledger rows; {verified}"


def _counted(counts: Counter[str]) -> str:
    listed: Iterable[tuple[str, int]] = counts.most_common()
    return ", ".join(f"{times} {name}" for name, times in listed if times)


def _time(outcome: Outcome) -> str:
    spent = {"storm": outcome.storm, "the months after it": outcome.year, "mending and comparing": outcome.mending}
    return ", ".join(f"{seconds:.0f} s of {what}" for what, seconds in spent.items())
