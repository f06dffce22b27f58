"""The periods that a treasurer takes out most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from lib.dates import months_before


@dataclass(frozen=True, slots=True)
class Range:
    """From one day to another, both included."""

    name: str
    words: str
    first: date
    last: date


def quick(today: date) -> list[Range]:
    """Last month, this year as far as it has come, last year."""
    this_month, this_year = today.replace(day=1), date(today.year, 1, 1)
    return [
        Range("last-month", _("Last month"), months_before(this_month), this_month - timedelta(days=1)),
        Range("this-year", _("This year"), this_year, today),
        Range("last-year", _("Last year"), date(today.year - 1, 1, 1), this_year - timedelta(days=1)),
    ]
