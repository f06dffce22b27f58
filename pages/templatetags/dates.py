"""Dates as people say them, in the visitor's language."""

from __future__ import annotations

from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from django import template
from django.utils import timezone
from django.utils.translation import get_language

register = template.Library()


@register.filter
def day(at: datetime) -> str:
    """ "22 November 2026”, in the words and the order of the visitor's language and the site's time zone."""
    try:
        locale = Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return format_date(timezone.localtime(at).date(), "long", locale=locale)
