"""Token buckets in the database: the same for every process, and right when two take at once.

A bucket holds `burst` tokens, and one comes back every so often. What is stored is only when it will be full again:
each token taken moves that moment on, and a bucket whose moment is past is full, whether its row was swept or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from limits.models import Bucket

SECOND = 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` tokens at once, and then `refill` of them `within` a time."""

    burst: int
    refill: int
    within: timedelta = timedelta(minutes=1)

    @property
    def one(self) -> int:
        """Milliseconds until one token has come back."""
        return max(1, self.within // timedelta(milliseconds=1) // self.refill)


@dataclass(frozen=True, slots=True)
class Draw:
    """What somebody wants of one bucket: `cost` tokens, and that `leave` of them stay for others."""

    key: str
    rate: Rate
    cost: int = 1
    leave: int = 0

    @property
    def empty(self) -> int:
        """Milliseconds until the bucket is full again when there is nothing in it."""
        return max(self.rate.burst, self.cost) * self.rate.one

    @property
    def reach(self) -> int:
        """Milliseconds: how far in the future the bucket may be full once this is taken. Never less than one cost."""
        return max(self.rate.burst - self.leave, self.cost) * self.rate.one

    def wait(self, full_at: int, now: int) -> int:
        """Milliseconds until this may be taken; 0 or less when it may be taken now."""
        return max(full_at, now) + self.cost * self.rate.one - self.reach - now


class Exhausted(Exception):
    """A bucket has too few tokens; `wait` says in how many seconds it has enough. Nothing was taken from any."""

    def __init__(self, draw: Draw, wait: int) -> None:
        super().__init__(f"try again in {wait} seconds")
        self.draw, self.wait = draw, wait


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket holds: `left` tokens, and in how many seconds it is full."""

    left: int
    full_in: int


def key(purpose: str, whom: str) -> str:
    """The key of a bucket: what it limits, and for whom. Without SECRET_KEY nobody can tell whose it is."""
    return salted_hmac("limits", f"{purpose}\n{whom}", algorithm="sha256").hexdigest()[:32]


def take(*draws: Draw) -> None:
    """Take from all of these buckets, or from none. Raises Exhausted. Name the wider ones last: more wait for them.

    Looking first keeps those who are refused from taking the write lock.
    """
    now = _now()
    full = _stored(draw.key for draw in draws)
    for draw in draws:
        if full.get(draw.key, 0) > now + draw.empty:
            full[draw.key] = _set_right(draw, now)
        _refuse_if_empty(draw, full.get(draw.key, 0), now)
    with transaction.atomic():
        for draw in draws:
            if not _take(draw, now):
                _refuse_if_empty(draw, _stored([draw.key]).get(draw.key, 0), now, at_least=1)


def give_back(*draws: Draw) -> None:
    """Put back what was taken; a bucket that has filled by itself meanwhile stays as it is."""
    now = _now()
    with transaction.atomic():
        for draw in draws:
            Bucket.objects.filter(pk=draw.key, full_at__gt=now).update(full_at=F("full_at") - draw.cost * draw.rate.one)


def level(key: str, rate: Rate) -> Level:
    """How full a bucket is."""
    now = _now()
    missing = max(0, _stored([key]).get(key, 0) - now)
    return Level(max(0, rate.burst - -(-missing // rate.one)), -(-missing // SECOND))


def sweep() -> int:
    """Delete the rows of buckets that are full again. Returns how many."""
    full = Bucket.objects.filter(full_at__lte=_now())
    return full.delete()[0] if full.exists() else 0


def _take(draw: Draw, now: int) -> bool:
    """One statement, so that of two who want the last token one gets it."""
    connection = connections[DEFAULT_DB_ALIAS]
    table = connection.ops.quote_name(Bucket._meta.db_table)
    used = draw.cost * draw.rate.one
    # The name of the table comes from the model, the values are parameters.
    statement = (
        f"INSERT INTO {table} (key, full_at) VALUES (%s, %s) "  # noqa: S608
        f"ON CONFLICT (key) DO UPDATE SET "
        f"full_at = CASE WHEN {table}.full_at > %s THEN {table}.full_at ELSE %s END + %s "
        f"WHERE {table}.full_at <= %s RETURNING full_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [draw.key, now + used, now, now, used, now + draw.reach - used])
        return cursor.fetchone() is not None


def _set_right(draw: Draw, now: int) -> int:
    """Written by a clock that was ahead of this one: emptier than empty it would stay shut for as long as that."""
    full_at = now + draw.empty
    Bucket.objects.filter(pk=draw.key, full_at__gt=full_at).update(full_at=full_at)
    return full_at


def _refuse_if_empty(draw: Draw, full_at: int, now: int, *, at_least: int = 0) -> None:
    wait = max(at_least, draw.wait(full_at, now))
    if wait > 0:
        raise Exhausted(draw, -(-wait // SECOND))


def _stored(keys: Iterable[str]) -> dict[str, int]:
    return dict(Bucket.objects.filter(pk__in=list(keys)).values_list("pk", "full_at"))


def _now() -> int:
    return int(timezone.now().timestamp() * SECOND)
