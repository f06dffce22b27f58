"""Reads `.env`: one NAME=value on a line, as people and their editors write it.

Understood: spaces around the equals sign, `export`, quotes, a comment behind a value, any line ending, a byte order
mark. Whatever else there is ends the start with one line that says where; it never repeats what stands there, for that
may be a secret.
"""

from __future__ import annotations

import codecs
import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
# Only behind white space, for keys and passwords hold the sign.
COMMENT = re.compile(r"(?:^|\s+)#(?:\s.*)?$|\s+#.*$")
QUOTED = re.compile(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# What other projects put before these names.
PREFIX = re.compile(r"^(?:DJANGO|TINCUP)_")
# What other tools and tutorials call the same.
ELSEWHERE = {
    "STRIPE_API_KEY": "STRIPE_SECRET_KEY",
    "STRIPE_PRIVATE_KEY": "STRIPE_SECRET_KEY",
    "DB_URL": "DATABASE_URL",
    "BASE_URL": "SITE_URL",
    "SMTP_URL": "EMAIL_URL",
    "MAIL_URL": "EMAIL_URL",
}
OF_DJANGO = re.compile(r"^(?:EMAIL|SMTP|MAIL)_(?:HOST|PORT|USER|HOST_USER|PASSWORD|HOST_PASSWORD|USE_TLS|USE_SSL)$")


def load(file: Path, example: Path) -> None:
    """Add to the process's environment what it does not hold already. No file is no mistake.

    `example` names every variable that there is. SystemExit with one line if the file cannot be read or understood.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise SystemExit(f"tincup: {file.name} cannot be read: {error.strerror}.") from None
    known = _names(example)
    found = {}
    for number, line in enumerate(_lines(file.name, content), 1):
        if line and not line.startswith("#"):
            name, value = _parsed(f"{file.name} line {number}", line, known)
            found[name] = value
    for name, value in found.items():
        os.environ.setdefault(name, value)


def _names(example: Path) -> set[str]:
    try:
        return set(re.findall(r"^#?([A-Z_]+)=", example.read_text(encoding="utf-8"), re.MULTILINE))
    except OSError:
        return set()


def _lines(name: str, content: bytes) -> Iterator[str]:
    encoding = UTF16.get(content[:2], "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        number = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
        _refuse(f"{name} line {number}", "holds a character that is not UTF-8: save the file as UTF-8.")
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), 1):
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
            _refuse(f"{name} line {number}", "holds a control character: save the file as UTF-8 text.")
        yield line.strip()


def _parsed(place: str, line: str, known: set[str]) -> tuple[str, str]:
    match = LINE.fullmatch(line)
    if not match:
        word = re.match(r"(?:export\s+)?(\w+)", line)
        # Any other word may be a part of a secret that was broken over lines.
        named = f" ({word[1].upper()})" if word and word[1].upper() in known else ""
        _refuse(f"{place}{named}", "is not NAME=value. A comment begins with #.")
    name, value = match.groups()
    if known and name not in known and (close := _close(name, known)):
        _refuse(place, f"sets {name}, which nothing reads: {close} is meant?")
    return name, _value(f"{place} ({name})", value, known)


def _value(place: str, text: str, known: set[str]) -> str:
    value = text.strip()
    if value[:1] not in {"'", '"'}:
        plain = COMMENT.sub("", text).strip()
        # What is added to a file whose last line has no end, or pasted behind it.
        if second := re.search("(?:^|[^A-Z_])(" + "|".join(sorted(known)) + ")=", plain) if known else None:
            _refuse(place, f"holds {second[1]} as well: give each a line of its own.")
        return plain
    match = QUOTED.fullmatch(value)
    if not match:
        _refuse(place, "has a quote that is not closed, or something behind the closing quote.")
    single, double = match.groups()
    return single if single is not None else re.sub(r"\\([^rnt])", r"\1", double)


def _close(name: str, known: set[str]) -> str:
    """The known name that was probably meant; empty for a variable of somebody else's, like libpq's PGPORT."""
    upper = name.upper()
    bare = PREFIX.sub("", upper)
    if bare in known:
        return bare
    if upper.startswith("PG"):
        return ""
    if meant := ELSEWHERE.get(bare) or ("EMAIL_URL" if OF_DJANGO.match(bare) else ""):
        return meant
    words = set(bare.split("_"))
    if shorter := [each for each in sorted(known, key=lambda name: (len(name), name)) if words <= set(each.split("_"))]:
        return shorter[0]
    swapped = [each for each in sorted(known) if sorted(each) == sorted(upper)]
    return next(iter(swapped or difflib.get_close_matches(upper, sorted(known), 1, 0.8)), "")


def _refuse(place: str, problem: str) -> NoReturn:
    raise SystemExit(f"tincup: {place} {problem}")
