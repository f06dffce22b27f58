"""Token buckets: what they give, when it comes back, and that two at once never share a token."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from limits import buckets
from limits.buckets import Draw, Exhausted, Rate
from limits.models import Bucket

RATE = Rate(burst=3, refill=10)  # one in six seconds
ANNA = Draw(buckets.key("trying", "anna"), RATE)
ALL = Draw(buckets.key("trying", "all"), Rate(burst=2, refill=1))


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        yield clock


def taken(draw: Draw, tries: int = 20) -> int:
    for number in range(tries):
        try:
            buckets.take(draw)
        except Exhausted:
            return number
    return tries


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_a_burst_and_then_nothing() -> None:
    assert taken(ANNA) == 3
    with pytest.raises(Exhausted) as refused:
        buckets.take(ANNA)
    assert refused.value.wait == 6


@pytest.mark.django_db
def test_tokens_come_back_by_the_clock_and_never_more_than_the_burst(clock: Any) -> None:
    taken(ANNA)
    clock.shift(timedelta(seconds=12))
    assert taken(ANNA) == 2
    clock.shift(timedelta(days=1))
    assert taken(ANNA) == 3


@pytest.mark.django_db
def test_a_clock_that_is_set_back_keeps_a_bucket_shut_no_longer_than_an_empty_one(clock: Any) -> None:
    taken(ANNA)
    clock.shift(timedelta(days=-1))
    with pytest.raises(Exhausted) as refused:
        buckets.take(ANNA)
    assert refused.value.wait == 6
    clock.shift(timedelta(seconds=12))
    assert taken(ANNA) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_what_was_given_back_may_be_taken_again() -> None:
    taken(ANNA)
    buckets.give_back(ANNA)
    assert taken(ANNA) == 1


@pytest.mark.django_db
def test_giving_back_to_a_full_bucket_makes_it_no_fuller(clock: Any) -> None:
    taken(ANNA)
    clock.shift(timedelta(seconds=18))
    buckets.give_back(ANNA, ANNA)
    assert taken(ANNA) == 3
    buckets.give_back(*[ANNA] * 9)
    assert taken(ANNA) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_all_or_nothing_is_taken() -> None:
    taken(ALL)
    with pytest.raises(Exhausted) as refused:
        buckets.take(ANNA, ALL)
    assert (refused.value.draw, refused.value.wait) == (ALL, 60)
    assert buckets.level(ANNA.key, RATE) == buckets.Level(left=3, full_in=0)


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_a_draw_may_cost_more_and_leave_some_for_others() -> None:
    assert taken(Draw(ANNA.key, RATE, leave=2)) == 1
    assert taken(Draw(ANNA.key, RATE, cost=2)) == 1
    assert buckets.level(ANNA.key, RATE) == buckets.Level(left=0, full_in=18)


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_what_costs_more_than_a_bucket_holds_waits_for_a_full_one() -> None:
    dear = Draw(ANNA.key, RATE, cost=5)
    assert taken(dear) == 1
    with pytest.raises(Exhausted) as refused:
        buckets.take(dear)
    assert refused.value.wait == 30


@pytest.mark.django_db
def test_a_bucket_that_is_full_again_leaves_no_row(clock: Any) -> None:
    buckets.take(ANNA, ALL)
    clock.shift(timedelta(seconds=6))
    assert buckets.sweep() == 1
    assert list(Bucket.objects.values_list("pk", flat=True)) == [ALL.key]


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_who_is_refused_writes_nothing() -> None:
    taken(ANNA)
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        pytest.raises(Exhausted),
    ):
        buckets.take(ANNA)
    assert [query["sql"].split()[0] for query in asked] == ["SELECT"]


def test_nobody_without_the_sites_key_can_tell_whose_bucket_it_is(settings) -> None:
    settings.SECRET_KEY = "one" * 20
    one = buckets.key("trying", "203.0.113.9/32")
    settings.SECRET_KEY = "two" * 20
    assert buckets.key("trying", "203.0.113.9/32") != one
    assert buckets.key("other", "203.0.113.9/32") != buckets.key("trying", "203.0.113.9/32")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_share_a_token() -> None:
    slow = Draw(ANNA.key, Rate(burst=7, refill=1, within=timedelta(days=1)))

    def one(_: int) -> int:
        try:
            buckets.take(slow)
        except Exhausted:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(one, range(24))) == 7
