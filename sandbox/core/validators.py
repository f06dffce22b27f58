"""The types of a parameter: each validator takes the raw value and its name, and returns the clean value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sandbox.core import currencies, errors

Validator = Callable[[Any, str], Any]


def _string(raw: Any, name: str) -> str:
    if not isinstance(raw, str):
        raise errors.parameter_invalid("Invalid string: {…}", name)
    return raw


def text(max_length: int = 5000) -> Validator:
    """A string; the empty string means "not given", as at Stripe."""

    def validate(raw: Any, name: str) -> str | None:
        value = _string(raw, name)
        if len(value) > max_length:
            message = f"Invalid string: {value[:10]}…; must be at most {max_length} characters"
            raise errors.parameter_invalid(message, name)
        return value or None

    return validate


def integer(minimum: int, maximum: int) -> Validator:
    """A whole number between two bounds."""

    def validate(raw: Any, name: str) -> int:
        value = _string(raw, name)
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise errors.parameter_invalid(f"Invalid integer: {value[:50]}", name, "parameter_invalid_integer")
        number = int(value)
        if number < minimum:
            raise errors.parameter_invalid(
                f"This value must be greater than or equal to {minimum}.", name, "parameter_invalid_integer"
            )
        if number > maximum:
            message = f"This value must be less than or equal to {maximum} (it currently is '{number}')."
            raise errors.parameter_invalid(message, name, "parameter_invalid_integer")
        return number

    return validate


def boolean(raw: Any, name: str) -> bool:
    """`true` or `false`."""
    if raw not in {"true", "false"}:
        raise errors.parameter_invalid(f"Invalid boolean: {raw}", name)
    return bool(raw == "true")


def choice(values: Iterable[str], supported: Iterable[str] | None = None) -> Validator:
    """One of Stripe's values, of which the stand-in may support only some."""
    known = list(values)
    allowed = set(known if supported is None else supported)

    def validate(raw: Any, name: str) -> str:
        value = _string(raw, name)
        if value not in known:
            listed = f"{', '.join(known[:-1])}, or {known[-1]}" if len(known) > 1 else known[0]
            raise errors.parameter_invalid(f"Invalid {name}: must be one of {listed}", name)
        if value not in allowed:
            raise errors.unsupported(name, value)
        return value

    return validate


def unsupported(raw: Any, name: str) -> Any:
    """A parameter of Stripe's that the stand-in leaves out."""
    raise errors.unsupported(name)


def url(raw: Any, name: str) -> str:
    """An absolute http(s) URL."""
    value = _string(raw, name)
    if len(value) > 5000:
        raise errors.parameter_invalid("URL must be 5000 characters or less.", name, "url_invalid")
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", value)
    except ValueError:
        good = False
    if not good:
        raise errors.parameter_invalid("Not a valid URL", name, "url_invalid")
    return value


# Stripe's rules for addresses are its own, narrower than the standard's: no accents, no quotes, no spaces around it, a
# domain with a dot and a top level of letters.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})"


def email(raw: Any, name: str) -> str:
    """An e-mail address as Stripe takes it."""
    value = _string(raw, name)
    found = re.fullmatch(rf"({_LOCAL})@{_DOMAIN}", value)
    if not found or len(found[1]) > 64 or len(value) > 254:
        raise errors.parameter_invalid(f"Invalid email address: {value[:100]}", name, "email_invalid")
    return value


def currency(raw: Any, name: str) -> str:
    """A three-letter code that Stripe takes."""
    value = _string(raw, name).lower()
    if value not in currencies.SUPPORTED:
        known = ", ".join(sorted(currencies.SUPPORTED))
        message = f"Invalid currency: {value[:20]}. Stripe currently supports these currencies: {known}"
        raise errors.parameter_invalid(message, name)
    return value


def settlement_currency(raw: Any, name: str) -> str:
    """The currency in which payments settle; empty means their own."""
    return "" if raw == "" else str(currency(raw, name))


def exchange_rate(raw: Any, name: str) -> Decimal:
    """A positive number with up to six decimals."""
    value = _string(raw, name)
    if not re.fullmatch(r"[0-9]{1,6}([.][0-9]{1,6})?", value) or not Decimal(value):
        raise errors.parameter_invalid(f"Invalid decimal: {value[:50]}", name)
    return Decimal(value)


def descriptor_suffix(raw: Any, name: str) -> str | None:
    """What stands behind the `*` on a bank statement."""
    value = text(22)(raw, name)
    if value is not None and (re.search(r"[<>\\'\"*]", value) or not re.search(r"[A-Za-z]", value)):
        raise errors.parameter_invalid(
            "The statement descriptor suffix must contain at least one letter and none of < > \\ ' \" *", name
        )
    return str(value) if value else None


def metadata(raw: Any, name: str) -> dict[str, str]:
    """Up to 50 pairs of strings; an empty value takes its key out."""
    if raw == "":
        return {}
    if not isinstance(raw, dict):
        raise errors.parameter_invalid("Invalid hash", name)
    if len(raw) > 50:
        raise errors.parameter_invalid(f"Metadata can have up to 50 keys, but you passed in {len(raw)}.", name)
    clean = {}
    for key, value in raw.items():
        key_name = f"{name}[{key}]"
        if len(key) > 40:
            message = f"Metadata keys can have up to 40 characters, but you passed in one of {len(key)}."
            raise errors.parameter_invalid(message, key_name)
        if not isinstance(value, str):
            raise errors.parameter_invalid("Metadata values must be strings.", key_name)
        if len(value) > 500:
            message = f"Metadata values can have up to 500 characters, but you passed in one of {len(value)}."
            raise errors.parameter_invalid(message, key_name)
        if value:
            clean[key] = value
    return clean


def hash_of(fields: Mapping[str, Validator], required: Iterable[str] = ()) -> Validator:
    """A hash with these names and no others."""

    def validate(raw: Any, name: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise errors.parameter_invalid("Invalid hash", name)

        def full_name(key: str) -> str:
            return f"{name}[{key}]" if name else key

        if unknown := [full_name(key) for key in raw if key not in fields]:
            raise errors.parameter_unknown(unknown)
        for key in required:
            if raw.get(key, "") == "":
                raise errors.parameter_missing(full_name(key))
        return {key: fields[key](value, full_name(key)) for key, value in raw.items()}

    return validate


def list_of(item: Validator, max_items: int) -> Validator:
    """A list, which arrives as a hash with numbered keys."""

    def validate(raw: Any, name: str) -> list[Any]:
        if not isinstance(raw, dict) or not all(re.fullmatch(r"[0-9]{1,6}", key) for key in raw):
            raise errors.parameter_invalid("Invalid array", name)
        if len(raw) > max_items:
            raise errors.parameter_invalid(f"Array must have at most {max_items} items.", name)
        return [item(raw[key], f"{name}[{key}]") for key in sorted(raw, key=int)]

    return validate
