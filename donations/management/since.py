"""The `--since` of our commands."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_date

from lib.dates import start_of_day


def since_date(text: str) -> datetime:
    """The start of a day in the site's time zone. Raises ArgumentTypeError when the text is no day."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise ArgumentTypeError(f"{text!r} is no day: write it like 2026-01-31")
    if day > timezone.localdate():
        raise ArgumentTypeError(f"{text} is still to come: nothing can have happened since then")
    return start_of_day(day)
