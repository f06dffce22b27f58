"""What an amount does, in the organisation's words: "20 = keeps a gauge running for a month", a line for each."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from lib import amount_field, money


class UnreadableError(ValueError):
    """A line that names no amount, or does not say what it does; the line is the argument."""


def lines(text: str, currency: str) -> list[tuple[str, str]]:
    """Each amount as it is shown, and what it does. Raises UnreadableError."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        typed, _, does = (part.strip() for part in line.partition("="))
        try:
            amount = amount_field.linked(typed, currency)
        except ValidationError:
            raise UnreadableError(line) from None
        if not does:
            raise UnreadableError(line)
        found.append((money.display_short(amount, currency), does))
    return found


def shown(text: str, currency: str) -> list[tuple[str, str]]:
    """`lines`; none at all where they were written for another currency and say no amount in this one."""
    try:
        return lines(text, currency)
    except UnreadableError:
        return []
