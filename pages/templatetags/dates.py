"""Dates as people say them, written the same on every page."""

from __future__ import annotations

from django import template

from lib import date_texts

register = template.Library()
for written in (date_texts.day, date_texts.short_day, date_texts.recent_day, date_texts.moment):
    register.filter(written)
