"""How Stripe, its deliveries and the mail server behave: another mood every few seconds."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

from tests.system.chaos import post
from tests.system.chaos.world import World

FAULTS = ("timeout_before", "timeout_after", "reset_before", "reset_after", "429", "lock_timeout", "500", "409")
OLD_RELEASES = ("dahlia", "clover", "basil", "acacia")
# In which currency the payments settle that are booked from now on, and its rate between the smallest units of both:
# a yen has no cents.
SETTLEMENTS = [("", "1"), ("", "1"), ("eur", "0.9137"), ("eur", "0.871342"), ("jpy", "1.49313")]

FAIR: dict[str, Any] = {
    "delivery": "normal",
    "doubled": False,
    "shuffled": False,
    "two_ids": False,
    "release": "",
    "fault": "",
    "fault_rate": 0,
}


class Weather:
    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        # When each kind of delivery began.
        self.history: list[tuple[float, str]] = []
        self.clear()
        # Banks answer, and refunds settle, when the driver says so.
        world.dashboard.behave(bank_delay=24 * 3600)

    def change(self) -> None:
        chance = self.chance
        mood = {
            "delivery": chance.choice(["normal", "normal", "normal", "late", "lost"]),
            "delay": chance.randint(1, 8),
            "doubled": chance.random() < 0.3,
            "shuffled": chance.random() < 0.4,
            "two_ids": chance.random() < 0.1,
            "release": chance.choice(OLD_RELEASES) if chance.random() < 0.2 else "",
            "fault": chance.choice(FAULTS) if chance.random() < 0.8 else "",
            "fault_rate": chance.choice([5, 15, 30, 60]),
            "fault_seed": chance.randint(0, 10**6),
            # Longer than the site waits for an answer, or short enough to keep the run going.
            "fault_seconds": 9 if chance.random() < 0.2 else 1,
        }
        mood["settlement"], mood["exchange_rate"] = chance.choice(SETTLEMENTS)
        self.world.post.mood = chance.choice(post.MOODS)
        self._behave(mood)

    def clear(self) -> None:
        """The sun comes out: no faults, and deliveries as they should be."""
        self.world.post.mood = "fine"
        self._behave(FAIR)

    def _behave(self, mood: dict[str, Any]) -> None:
        self.world.dashboard.behave(**mood)
        kinds = [str(mood["delivery"])]
        kinds += [kind for kind in ("doubled", "shuffled", "two_ids") if mood[kind]]
        kinds += ["another release"] * bool(mood["release"])
        self.history.append((self.world.now(), "+".join(kinds)))

    def events_by_kind(self) -> Counter[str]:
        """How many of Stripe's events were told in which way; an event may be of several."""
        with closing(sqlite3.connect(self.world.stripes_book, timeout=20)) as book:
            made = [created for (created,) in book.execute("SELECT created FROM sandbox_event")]
        counts: Counter[str] = Counter()
        for created in made:
            kinds = [kind for at, kind in self.history if int(at) <= created] or [self.history[0][1]]
            counts.update(kinds[-1].split("+"))
        return counts
