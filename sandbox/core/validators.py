"""The kinds of value that a parameter may hold: a rule takes the raw value and its name, hands back the clean one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from sandbox.core import currencies, errors

Rule = Callable[[Any, str], Any]


def _string(raw: Any, name: str) -> str:
    if not isinstance(raw, str):
        raise errors.invalid("Invalid string: {…}", name)
    return raw


def text(most: int = 5000) -> Rule:
    """A string; the empty string means "not given", as at Stripe."""

    def rule(raw: Any, name: str) -> str | None:
        value = _string(raw, name)
        if len(value) > most:
            message = f"Invalid string: {value[:10]}…; must be at most {most} characters"
            raise errors.invalid(message, name)
        return value or None

    return rule


def integer(least: int, most: int) -> Rule:
    """A whole number between two bounds."""

    def rule(raw: Any, name: str) -> int:
        value = _string(raw, name)
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise errors.invalid(f"Invalid integer: {value[:50]}", name, "parameter_invalid_integer")
        number = int(value)
        if number < least:
            raise errors.invalid(
                f"This value must be greater than or equal to {least}.", name, "parameter_invalid_integer"
            )
        if number > most:
            message = f"This value must be less than or equal to {most} (it currently is '{number}')."
            raise errors.invalid(message, name, "parameter_invalid_integer")
        return number

    return rule


def boolean(raw: Any, name: str) -> bool:
    """`true` or `false`."""
    if raw not in {"true", "false"}:
        raise errors.invalid(f"Invalid boolean: {raw}", name)
    return bool(raw == "true")


def choice(real: Iterable[str], played: Iterable[str] | None = None) -> Rule:
    """One of the words that Stripe knows; of these the stand-in may play only some."""
    known = list(real)
    playable = set(known if played is None else played)

    def rule(raw: Any, name: str) -> str:
        value = _string(raw, name)
        if value not in known:
            words = f"{', '.join(known[:-1])}, or {known[-1]}" if len(known) > 1 else known[0]
            raise errors.invalid(f"Invalid {name}: must be one of {words}", name)
        if value not in playable:
            raise errors.not_played(name, value)
        return value

    return rule


def not_played(raw: Any, name: str) -> Any:
    """A parameter of Stripe's that the stand-in leaves out."""
    raise errors.not_played(name)


def address(raw: Any, name: str) -> str:
    """An absolute http(s) address."""
    value = _string(raw, name)
    if len(value) > 5000:
        raise errors.invalid("URL must be 5000 characters or less.", name, "url_invalid")
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", value)
    except ValueError:
        good = False
    if not good:
        raise errors.invalid("Not a valid URL", name, "url_invalid")
    return value


def email(raw: Any, name: str) -> str:
    """An e-mail address."""
    value = _string(raw, name)
    try:
        validate_email(value)
    except ValidationError:
        raise errors.invalid(f"Invalid email address: {value[:100]}", name, "email_invalid") from None
    return value


def currency(raw: Any, name: str) -> str:
    """A three-letter code that Stripe takes."""
    value = _string(raw, name).lower()
    if value not in currencies.SUPPORTED:
        known = ", ".join(sorted(currencies.SUPPORTED))
        message = f"Invalid currency: {value[:20]}. Stripe currently supports these currencies: {known}"
        raise errors.invalid(message, name)
    return value


def settlement(raw: Any, name: str) -> str:
    """A currency, or nothing."""
    return "" if raw == "" else str(currency(raw, name))


def rate(raw: Any, name: str) -> Decimal:
    """A positive number with up to six places."""
    value = _string(raw, name)
    if not re.fullmatch(r"[0-9]{1,6}([.][0-9]{1,6})?", value) or not Decimal(value):
        raise errors.invalid(f"Invalid decimal: {value[:50]}", name)
    return Decimal(value)


def descriptor_suffix(raw: Any, name: str) -> str | None:
    """What stands behind the `*` on a bank statement."""
    value = text(22)(raw, name)
    if value is not None and (re.search(r"[<>\\'\"*]", value) or not re.search(r"[A-Za-z]", value)):
        raise errors.invalid(
            "The statement descriptor suffix must contain at least one letter and none of < > \\ ' \" *", name
        )
    return str(value) if value else None


def metadata(raw: Any, name: str) -> dict[str, str]:
    """Up to 50 pairs of strings; an empty value takes its key out."""
    if raw == "":
        return {}
    if not isinstance(raw, dict):
        raise errors.invalid("Invalid hash", name)
    if len(raw) > 50:
        raise errors.invalid(f"Metadata can have up to 50 keys, but you passed in {len(raw)}.", name)
    clean = {}
    for key, value in raw.items():
        where = f"{name}[{key}]"
        if len(key) > 40:
            message = f"Metadata keys can have up to 40 characters, but you passed in one of {len(key)}."
            raise errors.invalid(message, where)
        if not isinstance(value, str):
            raise errors.invalid("Metadata values must be strings.", where)
        if len(value) > 500:
            message = f"Metadata values can have up to 500 characters, but you passed in one of {len(value)}."
            raise errors.invalid(message, where)
        if value:
            clean[key] = value
    return clean


def hash_of(fields: Mapping[str, Rule], required: Iterable[str] = ()) -> Rule:
    """A hash with these names and no others."""

    def rule(raw: Any, name: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise errors.invalid("Invalid hash", name)

        def full(key: str) -> str:
            return f"{name}[{key}]" if name else key

        if strange := [full(key) for key in raw if key not in fields]:
            raise errors.unknown(strange)
        for key in required:
            if raw.get(key, "") == "":
                raise errors.missing(full(key))
        return {key: fields[key](value, full(key)) for key, value in raw.items()}

    return rule


def list_of(item: Rule, most: int) -> Rule:
    """A list, which arrives as a hash with numbered keys."""

    def rule(raw: Any, name: str) -> list[Any]:
        if not isinstance(raw, dict) or not all(re.fullmatch(r"[0-9]{1,6}", key) for key in raw):
            raise errors.invalid("Invalid array", name)
        if len(raw) > most:
            raise errors.invalid(f"Array must have at most {most} items.", name)
        return [item(raw[key], f"{name}[{key}]") for key in sorted(raw, key=int)]

    return rule
