"""The periods that are a button each."""

from __future__ import annotations

from datetime import date

import pytest

from donations.reporting.export_shape import usual_periods


@pytest.mark.parametrize(
    ("today", "last_month", "this_year", "last_year"),
    [
        (
            date(2026, 3, 31),
            (date(2026, 2, 1), date(2026, 2, 28)),
            (date(2026, 1, 1), date(2026, 3, 31)),
            (date(2025, 1, 1), date(2025, 12, 31)),
        ),
        (
            date(2025, 1, 1),
            (date(2024, 12, 1), date(2024, 12, 31)),
            (date(2025, 1, 1), date(2025, 1, 1)),
            (date(2024, 1, 1), date(2024, 12, 31)),
        ),
    ],
)
def test_ranges_are_whole_months_and_years_and_end_today(
    today: date, last_month: tuple[date, date], this_year: tuple[date, date], last_year: tuple[date, date]
) -> None:
    assert [(each.first, each.last) for each in usual_periods(today).values()] == [last_month, this_year, last_year]
