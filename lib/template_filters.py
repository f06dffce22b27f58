"""Filters that every template knows: amounts in minor units, and counts, as people read them in the page's language."""

from __future__ import annotations

from django import template

from lib import money as amounts

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """ "$20.00"."""
    return amounts.display(amount, currency)


@register.filter
def money_short(amount: int, currency: str) -> str:
    """ "$20", but "$12.50"."""
    return amounts.display_short(amount, currency)


@register.filter
def grouped(number: int) -> str:
    """ "1,675": how many there are. Not for numbers that are names, such as a receipt's."""
    return amounts.count(number)
