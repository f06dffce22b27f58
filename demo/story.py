"""What an organisation of this size lives through: who gives when, and what becomes of it. Chance with a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from demo.people import MESSAGES, Person, crowd

# Of a usual month: the summer is quiet, the last weeks of the year are not.
SEASON = (0.9, 0.8, 1.0, 1.1, 1.0, 0.8, 0.6, 0.6, 1.0, 1.1, 1.4, 2.8)
A_DAY = 1.3  # gifts, in a usual month of the first year
GROWTH = 1.35  # from one year to the next
REGULARS = 18  # people who give again and again
LATE = 2  # of them, whose last charge failed
AMOUNTS = (500, 1000, 1000, 2000, 2000, 2000, 2500, 5000, 5000, 10000, 1250, 3333, 25000)
_AGAIN = (
    *("monthly", "monthly_stopped", "yearly", "monthly", "monthly_failed", "monthly", "monthly_paused", "monthly"),
)


@dataclass(frozen=True, slots=True)
class Gift:
    """`fate` is paid, abandoned, refunded, partly_refunded, won, lost, disputed or offline; amount in US cents.

    Or yearly, monthly, monthly_stopped (by the donor, some time later), monthly_paused (the same), monthly_failed, or
    monthly_past_due (its last charge failed a day ago): such a gift is the first of many.
    """

    at: datetime
    amount: int
    person: Person
    message: str
    fate: str


def gifts(chance: random.Random, start: datetime, end: datetime) -> Iterator[Gift]:
    """Every gift between two moments, the oldest first."""
    people = crowd(chance, 320)
    # Each begins at some time before the last month or two.
    begin = {person: start + (end - start) * chance.uniform(0, 0.9) for person in people[: REGULARS - LATE]}
    # So that the first renewal failed a day or two ago, and is tried again.
    begin |= {person: end - timedelta(days=33) for person in people[REGULARS - LATE : REGULARS]}
    fates = [_AGAIN[number % len(_AGAIN)] for number in range(REGULARS - LATE)] + ["monthly_past_due"] * LATE
    day = start
    while day < end:
        found = [
            Gift(_o_clock(chance, day), chance.choice((500, 1000, 2000)), person, "", fate)
            for (person, first), fate in zip(begin.items(), fates, strict=True)
            if day <= first < day + timedelta(days=1)
        ]
        years = (day - start).days / 365
        found += [
            _single(chance, day, chance.choice(people))
            for _ in range(_about(chance, A_DAY * SEASON[day.month - 1] * GROWTH**years))
        ]
        if chance.random() < 0.05:
            found.append(Gift(day, chance.choice((2000, 5000, 10000)), chance.choice(people), "", "offline"))
        yield from sorted((gift for gift in found if gift.at < end), key=lambda gift: gift.at)
        day += timedelta(days=1)


def disputed(chance: random.Random, end: datetime) -> Gift:
    """A gift whose dispute still waits for an answer at the end of the story."""
    return Gift(end - timedelta(days=3), 5000, chance.choice(crowd(chance, 320)), "", "disputed")


def _single(chance: random.Random, day: datetime, person: Person) -> Gift:
    message = chance.choice(MESSAGES) if chance.random() < 0.12 else ""
    fates = {
        "paid": 890,
        "abandoned": 80,
        "refunded": 14,
        "partly_refunded": 6,
        "won": 3,
        "lost": 4,
        "disputed": 3,
    }
    fate = chance.choices(list(fates), list(fates.values()))[0]
    return Gift(_o_clock(chance, day), chance.choice(AMOUNTS), person, message, fate)


def _about(chance: random.Random, mean: float) -> int:
    """A number of things that happen by themselves: twice as many tries as expected, half of them come."""
    tries = int(mean * 2) + (chance.random() < mean * 2 % 1)
    return sum(chance.random() < 0.5 for _ in range(tries))


def _o_clock(chance: random.Random, day: datetime) -> datetime:
    return day + timedelta(seconds=chance.randint(7 * 3600, 22 * 3600))
