"""Dates as people say them, in the visitor's language and the site's time zone, written the same on every page."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from django import template
from django.utils import timezone

from lib import languages

register = template.Library()

# English of no country, for whoever did not say which: "22 November 2026" is read in one way by everybody.
_NO_COUNTRY = {"en": "en-150"}


@register.filter
def day(at: date) -> str:
    """ "22 November 2026"."""
    return _written(_here(at), "long", languages.active())


@register.filter
def short_day(at: date) -> str:
    """ "22 Nov 2026", for a column."""
    return _written(_here(at), "medium", languages.active())


@register.filter
def moment(at: datetime) -> str:
    """ "22 November 2026, 07:30 UTC"."""
    local, locale = timezone.localtime(at), _locale(languages.active())
    time = f"{format_time(local, 'short', locale=locale)} {local.tzname()}"
    return str(get_datetime_format("medium", locale)).replace("{1}", day(at)).replace("{0}", time)


def _here(at: date) -> date:
    return timezone.localtime(at).date() if isinstance(at, datetime) else at


# A page repeats its days, and pages each other's.
@lru_cache(maxsize=512)
def _written(day: date, length: Literal["medium", "long"], language: str) -> str:
    return format_date(day, length, locale=_locale(language))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_NO_COUNTRY.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
