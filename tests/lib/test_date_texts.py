"""Dates are written in one way on every page: the visitor's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from lib import date_texts as dates

LATE = datetime(2026, 11, 22, 23, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "long", "short", "moment"),
    [
        ("en", "22 November 2026", "22 Nov 2026", "22 November 2026, 23:05 UTC"),
        ("en-us", "November 22, 2026", "Nov 22, 2026", "November 22, 2026, 11:05\u202fPM UTC"),
        ("de", "22. November 2026", "22.11.2026", "22. November 2026, 23:05 UTC"),
        ("fr", "22 novembre 2026", "22 nov. 2026", "22 novembre 2026, 23:05 UTC"),
        ("tlh", "November 22, 2026", "Nov 22, 2026", "November 22, 2026, 11:05\u202fPM UTC"),
    ],
)
def test_a_day_and_a_moment_are_written_as_the_visitor_does(language, long, short, moment):
    with translation.override(language):
        assert (dates.day(LATE), dates.short_day(LATE), dates.moment(LATE)) == (long, short, moment)


def test_the_day_is_that_of_the_sites_time_zone(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    assert dates.day(LATE) == "23 November 2026"
    assert dates.moment(LATE) == "23 November 2026, 00:05 CET"


def test_every_month_stands_in_a_column_with_three_letters():
    assert dates.short_day(date(2026, 9, 18)) == "18 Sep 2026"


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "today"), (1, "yesterday"), (2, "Friday"), (6, "Monday"), (7, "15 November 2026"), (-1, "23 November 2026")],
)
def test_the_last_days_are_called_by_their_names(days, said, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda: date(2026, 11, 22))
    assert dates.recent_day(LATE.replace(day=22) - timedelta(days=days)) == said


def test_a_date_without_a_time_is_that_date():
    assert dates.day(date(2026, 1, 3)) == "3 January 2026"
