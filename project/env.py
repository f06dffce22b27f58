"""Reads the process's environment (and `.env` below it) into checked values.

A wrong or missing value ends the start with ONE line that names the variable and says how to mend it:
an operator should never have to read a traceback to find a typing error.
"""

from __future__ import annotations

import os
import re
import warnings
import zoneinfo
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.conf.global_settings import LANGUAGES

from project import dotenv

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# A variable of the process wins over the file, so `PORT=8123 make run` does what it says.
dotenv.load(BASE_DIR / ".env", BASE_DIR / ".env.example")


def refuse(name: str, problem: str) -> NoReturn:
    """End the process with one line. SystemExit passes through Django's start unharmed and prints no traceback."""
    stop(f"{name} {problem}")


def stop(problem: str) -> NoReturn:
    """The same for what no variable is to blame for."""
    raise SystemExit(f"tincup: {' '.join(problem.split())}")


# A key or a password may stand in any variable: of two lines that ran into one, or in an address.
_SECRET = re.compile(r"(?P<kept>[A-Z_]{2,}=|(?:sk|rk)_(?:live|test)_|whsec_)\S+|(?<=://)[^\s/@]+(?=@)", re.IGNORECASE)


def shown(value: str) -> str:
    """The value as a refusal repeats it, without what may be a secret."""
    return repr(_SECRET.sub(lambda found: f"{found['kept'] or ''}…", value))


def text(name: str, default: str = "") -> str:
    """The value, read plainly: env.str() would take what begins with a dollar sign for another variable's name."""
    value = os.environ.get(name, default).strip()
    if re.search(r"[\x00-\x1f\x7f]", value):
        refuse(name, "holds a line break or another control character.")
    if re.search(r"[\u200b\u2028\u2029\u2060\ufeff]", value):
        refuse(name, "holds an invisible character: type it anew instead of pasting it.")
    return value


def boolean(name: str, default: bool) -> bool:
    value = text(name).lower()
    if value == "":
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    refuse(name, f"is {shown(value)}: use true or false.")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        refuse(name, f"is {shown(value)}: use a whole number from {least} to {most}.")
    return int(value)


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    """One of these words."""
    value = text(name).lower() or default
    if value not in among:
        refuse(name, f"is {shown(value)}: use {', '.join(among[:-1])} or {among[-1]}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def hosts(name: str, default: str) -> list[str]:
    """Names as a browser's Host header has them, without scheme and port; `.example.org` stands for all below it."""
    values = [value.lower() for value in words(name)] or [default]
    for value in values:
        if not HOST.fullmatch(value.removeprefix(".")):
            refuse(name, f"holds {shown(value)}: use the bare names that visitors type, like give.example.org.")
    return values


def origin(name: str, default: str = "", *, path: bool = False) -> str:
    """`http(s)://host[:port]` as browsers write it; with `path`, a path may follow. Empty stays empty."""
    return _origin(name, text(name) or default, path=path)


def origins(name: str) -> list[str]:
    """A list of `http(s)://host[:port]`, as browsers write them."""
    return [_origin(name, value, path=False) for value in words(name)]


def _origin(name: str, written: str, *, path: bool) -> str:
    value = written.rstrip("/")
    if value == "":
        return ""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    host = f"[{host}]" if ":" in host else host
    if (
        parts.scheme not in {"http", "https"}
        or not HOST.fullmatch(host)
        or port == 0
        or parts.query
        or parts.fragment
        or parts.username is not None
        or (parts.path and not path)
        or re.search(r"[\s;,'\"]", value)
    ):
        refuse(name, f"is {shown(value)}: use an address like https://give.example.org{'/path' if path else ''}.")
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}{'' if port in {None, usual} else f':{port}'}{parts.path}"


def time_zone(name: str, default: str) -> str:
    value = text(name) or default
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        refuse(name, f"is {shown(value)}: use a name like Europe/Zurich.")
    return value


def language(name: str, default: str, among: Iterable[str]) -> str:
    """One of the languages that the site speaks, or a variant of one ("de-ch")."""
    value, spoken = (text(name) or default).lower(), list(among)
    known = re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", value) and {value, value.split("-")[0]} & {*spoken, *dict(LANGUAGES)}
    if not known:
        refuse(name, f"is {shown(value)}: use a language code like en or de.")
    if not {value, value.split("-")[0]} & set(spoken):
        refuse(name, f"is {shown(value)}, and locale/ has no finished translation into it: use {' or '.join(spoken)}.")
    return value


def database(name: str, default: Path) -> dict[str, Any]:
    """A Django DATABASES entry. A relative SQLite path is the project's, whatever folder the command runs in."""
    value = text(name)
    if value == "":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
    try:
        with warnings.catch_warnings(action="ignore"):  # they repeat the password
            config: dict[str, Any] = dict(env.db_url_config(value))
    except Exception:
        config = {}
    engine = config.get("ENGINE", "")
    # Two slashes where three belong make the first folder a host name, which would be dropped without a word.
    if engine == "django.db.backends.sqlite3" and config["NAME"] != ":memory:" and not config["HOST"]:
        if "?" in value:
            refuse(name, "holds options behind a question mark: for a SQLite file there are none.")
        if "#" in value:
            refuse(name, "holds a #, which ends an address: write %23 for it in a file's name.")
        path = BASE_DIR / config["NAME"]
        if not path.is_dir():
            return config | {"NAME": str(path)}
    if engine == "django.db.backends.postgresql" and config.get("NAME"):
        _no_strange_options(name, config)
        return config
    # The value may hold a password: it is not repeated here.
    refuse(name, "cannot be read: use sqlite:///data/tincup.sqlite3 or postgres://user:password@host:5432/name.")


def _no_strange_options(name: str, config: dict[str, Any]) -> None:
    """Only those that PostgreSQL's own library takes; django-environ makes Django's settings of some others."""
    from psycopg2 import ProgrammingError  # type: ignore[import-untyped]  # five megabytes, which SQLite does without
    from psycopg2.extensions import make_dsn  # type: ignore[import-untyped]

    strange = set(config) - {"ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS"}
    for option in config.get("OPTIONS", {}):
        try:
            make_dsn(**{option: ""})
        except ProgrammingError:
            strange.add(option)
    if strange:
        option = min(strange).lower()
        refuse(name, f"holds the option {option!r}, which PostgreSQL's driver does not know: take it out.")
