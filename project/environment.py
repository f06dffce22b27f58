"""Reads the process's environment (and `.env` below it) into checked values.

A wrong or missing value ends the start with ONE line that names the variable and says how to mend it:
an operator should never have to read a traceback to find a typing error.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.smart_cast = False
# A variable of the process wins over the file, so `PORT=8123 make run` does what it says.
env.read_env(BASE_DIR / ".env", overwrite=False)


def refuse(name: str, problem: str) -> NoReturn:
    """End the process with one line. SystemExit passes through Django's start unharmed and prints no traceback."""
    raise SystemExit(f"tincup: {name} {problem}")


def text(name: str, default: str = "") -> str:
    return str(env.str(name, default)).strip()


def boolean(name: str, default: bool) -> bool:
    value = text(name).lower()
    if value == "":
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    refuse(name, f"is {value!r}: use true or false.")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        refuse(name, f"is {value!r}: use a whole number from {least} to {most}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def origin(name: str, default: str = "", *, path: bool = False) -> str:
    """`http(s)://host[:port]` without a trailing slash; with `path`, a path may follow. Empty stays empty."""
    value = (text(name) or default).rstrip("/")
    if value == "":
        return ""
    try:
        parts = urlsplit(value)
        # Reading the port raises when it is not a number up to 65535.
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if (
        not sound
        or parts.query
        or parts.fragment
        or parts.username is not None
        or (parts.path and not path)
        or re.search(r"[\s;,'\"]", value)
    ):
        refuse(name, f"is {value!r}: use an address like https://give.example.org{'/path' if path else ''}.")
    return value


def database(name: str, default: Path) -> dict[str, Any]:
    """A Django DATABASES entry. A relative SQLite path is the project's, whatever folder the command runs in."""
    value = text(name)
    if value == "":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
    try:
        config: dict[str, Any] = dict(env.db_url_config(value))
    except Exception:
        config = {}
    engine = config.get("ENGINE", "")
    if engine == "django.db.backends.sqlite3" and config.get("NAME") not in {"", ":memory:", None}:
        config["NAME"] = str(BASE_DIR / config["NAME"])
        return config
    if engine == "django.db.backends.postgresql" and config.get("NAME"):
        return config
    # The value may hold a password: it is not repeated here.
    refuse(name, "cannot be read: use sqlite:///data/tincup.sqlite3 or postgres://user:password@host:5432/name.")


def email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_* settings from a URL like smtp+tls://user:password@host:587."""
    value = text(name) or default
    if value == "":
        refuse(name, "is missing: set your mail server, like smtp+tls://user:password@mail.example.org:587.")
    try:
        config: dict[str, Any] = dict(env.email_url_config(value))
    except Exception:
        config = {}
    if not config.get("EMAIL_BACKEND"):
        # The value may hold a password: it is not repeated here.
        refuse(name, "cannot be read: use smtp+tls://user:password@mail.example.org:587 or consolemail://.")
    config.pop("OPTIONS", None)
    return config
