"""Dates as people say them, in the active language and the site's time zone: the same on every page and in e-mails."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from django.utils import timezone
from django.utils.translation import gettext as _

from lib import languages

# English of no country, for whoever did not say which: "22 November 2026" is read in one way by everybody.
_NO_COUNTRY = {"en": "en-150"}


def day(at: date) -> str:
    """ "22 November 2026"."""
    return _written(_here(at), "long", languages.active())


def short_day(at: date) -> str:
    """ "22 Nov 2026", for a column."""
    # English of no country has one month of four letters, "Sept", which would not stand in the column of the others.
    style, language = ("d MMM y", "en-US") if languages.active() == "en" else ("medium", languages.active())
    return _written(_here(at), style, language)


def recent_day(at: date) -> str:
    """ "today", "yesterday", "Thursday" of the last days, then "22 November 2026"."""
    here = _here(at)
    days = (timezone.localdate() - here) // timedelta(days=1)
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return _written(here, "EEEE", languages.active()) if 1 < days < 7 else day(here)


def moment(at: datetime) -> str:
    """ "22 November 2026, 07:30 UTC"."""
    local, locale = timezone.localtime(at), _locale(languages.active())
    time = f"{format_time(local, 'short', locale=locale)} {local.tzname()}"
    return str(get_datetime_format("medium", locale)).replace("{1}", day(at)).replace("{0}", time)


def _here(at: date) -> date:
    return timezone.localtime(at).date() if isinstance(at, datetime) else at


# A page repeats its days, and pages each other's.
@lru_cache(maxsize=512)
def _written(day: date, style: str, language: str) -> str:
    return format_date(day, style, locale=_locale(language))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_NO_COUNTRY.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
