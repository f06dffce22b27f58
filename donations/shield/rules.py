"""The numbers by which the shield judges at this moment: what staff chose, what is usual, and whether it is alarmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache

from donations.models import Alarm, Chore, Shield
from donations.models.shield import CACHE_KEY
from donations.shield import declines
from limits.buckets import Rate

CACHE_AGE = 5  # seconds: how long another process may go on by the rules of before
USUAL = "learn-what-is-usual"  # the job's slug; its data is the average
KNOWN_FROM = "gifts_an_hour_by_1000"
SLOW = 24  # hours over which the average is taken
ROOM = 10  # times what is usual
AREA = 3  # times what one address may do, for the addresses around it together


@dataclass(frozen=True, slots=True)
class Rules:
    place: Rate
    area: Rate
    alarm_place: Rate
    alarm_area: Rate
    site: Rate
    alarm: bool
    least_in_alarm: int  # minor units; 0 where small gifts stay open
    usual: int  # gifts paid in an hour, times 1000


def current() -> Rules:
    """The rules of this moment; a change that another process made may take CACHE_AGE to arrive."""
    rules: Rules | None = cache.get(CACHE_KEY)
    if rules is None:
        rules = _read()
        cache.set(CACHE_KEY, rules, CACHE_AGE)
    return rules


def chosen() -> Shield:
    """The numbers that staff chose, or the defaults."""
    return Shield.objects.first() or Shield()


def learn_what_is_usual() -> tuple[str, dict[str, Any]]:
    """Move the slow average on by the last hour's paid gifts: money is what an attack cannot pretend."""
    paid = declines.recent().paid
    usual = _usual()
    usual += (paid * 1000 - usual) // SLOW
    cache.delete(CACHE_KEY)
    return f"{paid} gifts paid in the last hour", {KNOWN_FROM: usual}


def _read() -> Rules:
    numbers, usual = chosen(), _usual()
    in_all = numbers.in_all + ROOM * usual // 60_000
    return Rules(
        place=Rate(numbers.burst, numbers.per_minute),
        area=Rate(numbers.burst * AREA, numbers.per_minute * AREA),
        alarm_place=Rate(numbers.alarm_burst, numbers.alarm_per_minute),
        alarm_area=Rate(numbers.alarm_burst * AREA, numbers.alarm_per_minute * AREA),
        site=Rate(in_all, in_all, timedelta(minutes=1)),
        alarm=Alarm.objects.filter(slot=1).exists(),
        least_in_alarm=numbers.least_in_alarm or 0,
        usual=usual,
    )


def _usual() -> int:
    job = Chore.objects.filter(pk=USUAL).first()
    return int((job.data or {}).get(KNOWN_FROM, 0)) if job else 0
