"""The goal, in words and coins."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from donations.giving import goal
from lib.web import kept_page
from organisation.models import Organisation
from tests.donations.reporting.test_fees import paid

pytestmark = pytest.mark.django_db


def shown(**fields: object) -> goal.Goal:
    cache.clear()
    return goal.preview(Organisation(**fields))


def test_without_a_goal_only_what_came_in_is_told() -> None:
    paid(2000)
    found = shown()
    assert (found.raised, found.gifts, found.goal, found.coins) == ("$20", 1, "", ())


def test_the_cup_fills_by_whole_coins() -> None:
    paid(2000)
    found = shown(goal_amount=10000)
    assert (found.goal, len(found.coins), found.met) == ("$100", 10, False)
    assert [mark.label for mark in found.marks] == ["$25", "$50", "$75", "$100"]


def test_over_the_goal_the_picture_is_full_and_the_words_are_true() -> None:
    paid(2000)
    found = shown(goal_amount=1000)
    assert (found.raised, len(found.coins), found.met) == ("$20", 50, True)


def test_gifts_before_the_goals_first_month_do_not_count() -> None:
    paid(2000)
    later = timezone.localdate() + timedelta(days=40)
    assert shown(goal_amount=1000, goal_since=later).raised == "$0"
    assert shown(goal_amount=1000, goal_since=timezone.localdate()).raised == "$20"


def test_the_front_page_says_what_it_is_for_and_until_when(client: Client) -> None:
    Organisation(goal_amount=500000, goal_for="for this winter’s gauges", goal_date=date(2027, 3, 1)).save()
    page = " ".join(client.get("/").content.decode().split())
    assert "of $5,000 for this winter’s gauges by 1 March 2027. Empty so far. Somebody has to be first." in page
    assert page.count('class="brass"') == page.count('<circle class="brass"')
    paid(2000)
    cache.clear()
    kept_page.forget()
    page = client.get("/").content.decode()
    assert "in 1 gift" in page
