"""Periods: each is counted from the anchor, so a short month does not move the day for good."""

from __future__ import annotations

import datetime

import pytest

from sandbox.engine.recurring.periods import end_after

DAY = 24 * 3600


def seconds(text: str) -> int:
    return int(datetime.datetime.fromisoformat(f"{text}T10:00:00+00:00").timestamp())


@pytest.mark.parametrize(
    ("interval", "count", "dates"),
    [
        ("month", 1, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("month", 1, ["2027-12-15", "2028-01-15", "2028-02-15"]),
        ("month", 3, ["2026-11-30", "2027-02-28", "2027-05-30"]),
        ("year", 1, ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("week", 2, ["2026-01-01", "2026-01-15", "2026-01-29"]),
        ("day", 1, ["2026-02-28", "2026-03-01"]),
    ],
)
def test_each_period_ends_where_the_next_begins(interval, count, dates):
    recurring = {"interval": interval, "interval_count": count}
    anchor, *ends = map(seconds, dates)
    start = anchor
    for end in ends:
        assert end_after(anchor, start, recurring) == end
        assert end_after(anchor, end - 1, recurring) == end
        start = end
