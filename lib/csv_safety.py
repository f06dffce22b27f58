"""CSV for spreadsheets that takes nobody's text for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

BOM = "\ufeff"  # without it Excel takes UTF-8 for something else
BATCH = 1000  # rows in memory at a time

SIGNS = frozenset("=+-−@")
# Where a spreadsheet that splits at semicolons or tabs begins another cell. It does not know the quotation marks of a
# cell that began elsewhere, so a line of the text may be a line of the sheet as well.
BREAKS = re.compile("([;\t\r\n])")
PLAIN = re.compile("[A-Za-z0-9][^;\t\r\n\0]*")
# Not seen, yet letters and signs to Unicode: the blanks of Hangul and Braille. And quotation marks, with which a cell
# may be written.
BLANKS = frozenset("\u115f\u1160\u2800\"'`‚„")


def harmless(value: Any) -> Any:
    """A text as no spreadsheet takes any of it for a formula: an apostrophe stands before what could be one.

    Anything else is given back as it is: a number with a minus is no formula.
    """
    if not isinstance(value, str) or PLAIN.fullmatch(value):
        return value
    text = "".join(_guarded(part) for part in BREAKS.split(value.replace("\0", "")))
    return f"'{text}" if text[:1] in {"\t", "\r", "\n"} else text


def written(rows: Iterable[Iterable[Any]], batch: int = BATCH) -> Iterator[bytes]:
    """The rows as UTF-8 with a mark that Excel knows, piece by piece."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer)
    for number, row in enumerate(rows, 1):
        writer.writerow([_cell(value) for value in row])
        if number % batch == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _guarded(part: str) -> str:
    """Spreadsheets may pass over what nobody sees, and read signs of any width as the plain ones."""
    for character in unicodedata.normalize("NFKC", part):
        if character in SIGNS:
            return f"'{part}"
        if not _passed_over(character):
            break
    return part


def _passed_over(character: str) -> bool:
    """Blanks, controls, marks without a width, quotation marks."""
    category = unicodedata.category(character)
    return category[0] in "CZM" or category in {"Pi", "Pf"} or character in BLANKS


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        case None:
            return ""
    return harmless(value)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
