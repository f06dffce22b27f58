"""After the storm the months go by: subscriptions renew, fail, are changed and end, and the weather goes on."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from tests.system.chaos.crowd import Crowd
from tests.system.chaos.regulars import LETTERS, Regular
from tests.system.chaos.tally import Tally
from tests.system.chaos.weather import Weather
from tests.system.chaos.world import World

MONTH = timedelta(days=365) / 12
# What waits for its next try has come through before the clock jumps: e-mails are given up after some days.
REST = timedelta(hours=1)
THREADS = 8
# Months: letters take their seconds.
BY_HAND_EVERY = 3


def pass_by(
    months: int,
    world: World,
    weather: Weather,
    tally: Tally,
    regulars: list[Regular],
    chance: random.Random,
    *,
    kills: bool,
) -> None:
    """So many months, in seconds each."""
    if not months:
        return
    weather.clear()
    # As docs/backup.md asks of whoever has restored a backup.
    world.run("reconcile")
    for month in range(months):
        _rest(world)
        weather.change()
        world.wait(MONTH - REST)
        few = min(len(regulars) // 4, LETTERS) if month % BY_HAND_EVERY == 0 else 0
        by_hand = set(chance.sample(range(len(regulars)), few))
        with Crowd(THREADS, tally.surprise) as crowd:
            for number, regular in enumerate(regulars):
                crowd.add(regular.month(by_hand=number in by_hand), after=chance.uniform(0, 1))
            if kills and chance.random() < 0.5:
                world.kill()
            while not crowd.is_over():
                world.revive()
                time.sleep(0.2)
        if chance.random() < 0.3:
            world.begin("reconcile")
    tally.days_go_by()


def _rest(world: World) -> None:
    world.post.mood = "fine"
    world.wait(REST)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and world.database.count("mail_mail", f"state = 'waiting' AND {_due(world)}"):
        world.revive()
        time.sleep(0.2)


def _due(world: World) -> str:
    return f"next_at <= '{datetime.fromtimestamp(world.now(), UTC):%Y-%m-%d %H:%M:%S}'"
