"""CSV for spreadsheets that takes nobody's text for a formula: https://owasp.org/www-community/attacks/CSV_Injection

Two styles: with commas and decimal points, and as spreadsheets in most of Europe expect it, with semicolons and decimal
commas. Days and times are ISO 8601 in both.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

BOM = "\ufeff"  # without it Excel takes UTF-8 for something else
BATCH = 1000  # rows in memory at a time

SIGNS = frozenset("=+-−@")
# Where a spreadsheet begins another cell that splits at commas, semicolons or tabs, whichever was meant. It does not
# know the quotation marks of a cell that began elsewhere, so a line of the text may be a line of the sheet as well.
UNSEEN_BREAKS = "\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
BREAKS = re.compile(f"([,;{UNSEEN_BREAKS}])")
PLAIN = re.compile(f"[A-Za-z0-9][^,;{UNSEEN_BREAKS}\0]*")
# Not seen, yet letters and signs to Unicode: the blanks of Hangul and Braille. And quotation marks, with which a cell
# may be written.
BLANKS = frozenset("\u115f\u1160\u2800\"'`‚„")


class Style(NamedTuple):
    delimiter: str
    decimal_mark: str


INTERNATIONAL = Style(",", ".")
EUROPEAN = Style(";", ",")


def harmless(value: Any) -> Any:
    """A text as no spreadsheet takes any of it for a formula: an apostrophe stands before what could be one.

    Anything else is given back as it is: a number with a minus is no formula.
    """
    if not isinstance(value, str) or PLAIN.fullmatch(value):
        return value
    text = "".join(_guarded(part) for part in BREAKS.split(value.replace("\0", "")))
    return f"'{text}" if text[:1] and text[0] in UNSEEN_BREAKS else text


def written(rows: Iterable[Iterable[Any]], style: Style = INTERNATIONAL, batch: int = BATCH) -> Iterator[bytes]:
    """The rows as UTF-8 with a mark that Excel knows, piece by piece."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=style.delimiter)
    for number, row in enumerate(rows, 1):
        writer.writerow([_cell(value, style) for value in row])
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


def _cell(value: Any, style: Style) -> Any:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        case Decimal():
            return f"{value:f}".replace(".", style.decimal_mark)
        case None:
            return ""
    return harmless(value)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
