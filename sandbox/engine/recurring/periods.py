"""Billing periods: counted from an anchor, so that the 31st is the last of a shorter month and the 31st again later."""

from __future__ import annotations

import calendar
import datetime
from typing import Any

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def end_after(anchor: int, moment: int, recurring: dict[str, Any]) -> int:
    """When the period that runs at this moment ends, in seconds since the epoch: it began at the anchor, or later."""
    interval, count = recurring["interval"], recurring["interval_count"]
    if interval in _DAYS:
        length = _DAYS[interval] * count * 24 * 3600
        return int(anchor + ((moment - anchor) // length + 1) * length)
    months = _MONTHS[interval] * count
    start, then = _date(anchor), _date(moment)
    periods = max(0, ((then.year - start.year) * 12 + then.month - start.month) // months)
    while (end := _months_later(start, periods * months)) <= moment:
        periods += 1
    return end


def _date(moment: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC)


def _months_later(start: datetime.datetime, months: int) -> int:
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())
