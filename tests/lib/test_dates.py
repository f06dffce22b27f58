from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lib.dates import months, months_before, start_of_day

DAY = date(2026, 7, 26)
# The last ones change their clocks at midnight, or did.
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut",
         "America/Havana", "America/Santiago", "Pacific/Apia"]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("UTC", DAY, "2026-07-26 00:00"),
        ("Europe/Berlin", DAY, "2026-07-25 22:00"),
        ("Asia/Tokyo", DAY, "2026-07-25 15:00"),
        ("America/New_York", DAY, "2026-07-26 04:00"),
        # Clocks go forward during the day: it begins as ever.
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28 23:00"),
        ("Europe/Berlin", date(2026, 3, 30), "2026-03-29 22:00"),
        # 23:59:59 is followed by 1:00: there is no midnight.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04 03:00"),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23 22:00"),
        # Midnight comes twice, an hour apart.
        ("America/Havana", date(2026, 11, 1), "2026-11-01 04:00"),
        # 23:59:59 is followed by 23:00 of the same day.
        ("America/Sao_Paulo", date(2018, 2, 18), "2018-02-18 03:00"),
        # The 30th was left out.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30 10:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30 10:00"),
    ],
)
def test_a_day_begins_with_its_first_moment_by_the_sites_clock(zone: str, day: date, moment: str) -> None:
    with timezone.override(zone):
        assert f"{start_of_day(day).astimezone(UTC):%Y-%m-%d %H:%M}" == moment


def test_a_midnight_that_never_was_is_written_as_what_clocks_showed() -> None:
    with timezone.override("America/Sao_Paulo"):
        assert start_of_day(date(2018, 11, 4)).isoformat() == "2018-11-04T01:00:00-02:00"


@given(st.dates(date(2000, 1, 1), date(2037, 12, 31)), st.sampled_from(ZONES))
def test_the_moment_before_a_day_is_of_another_day(day: date, zone: str) -> None:
    with timezone.override(zone):
        start = start_of_day(day).astimezone(UTC)
        assert timezone.localdate(start - timedelta(microseconds=1)) < timezone.localdate(start)
        assert timezone.localdate(start) == day or (zone, day) == ("Pacific/Apia", date(2011, 12, 30))


def test_months_go_back_over_years() -> None:
    assert months_before(date(2026, 1, 1)) == date(2025, 12, 1)
    assert months_before(date(2026, 3, 1), 15) == date(2024, 12, 1)
    assert months(date(2025, 11, 1), date(2026, 2, 1)) == [
        *(date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)),
    ]
