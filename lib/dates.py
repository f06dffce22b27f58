"""Days as moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


def start_of_day(day: date) -> datetime:
    """The first moment of a day, by the site's clock; a period of days ends before that of the day after its last.

    Where clocks go forward at midnight, the day begins at one: that is the moment at which midnight would have been.
    Where they go back over midnight, so that it comes twice, the day begins with the first one. A day that a country
    left out of its calendar begins, and ends, with the day that came in its place.
    """
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    # By way of UTC, so that a midnight that never was becomes the time that clocks showed.
    return timezone.localtime(midnight.astimezone(UTC))


def month_after(month: date) -> date:
    """The first day of the month after the one that begins on this day."""
    return (month + timedelta(days=31)).replace(day=1)


def months(first: date, last: date) -> list[date]:
    """The first day of every month from `first` to `last`, themselves first days."""
    found = [first]
    while found[-1] < last:
        found.append(month_after(found[-1]))
    return found


def months_before(month: date, many: int = 1) -> date:
    """The first day of the month so many months earlier."""
    number = month.year * 12 + month.month - 1 - many
    return date(number // 12, number % 12 + 1, 1)
