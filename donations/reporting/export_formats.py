"""CSV and JSON, piece by piece: a download of a million rows takes no more memory than one of a hundred.

A CSV ends with a line of totals for each currency, a JSON with its count and totals: a file without them is cut short.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from donations.reporting.exports import BATCH, Adding, Export, Period, Row
from lib import money

# A spreadsheet takes a text that begins with one of these for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = frozenset("=+-@\t\r\n")
BOM = "\ufeff"  # without it Excel takes UTF-8 for something else


def harmless(text: str) -> str:
    """The text as no spreadsheet takes it for a formula: also behind spaces, and in the wide letters of East Asia."""
    text = text.replace("\0", "")
    first = unicodedata.normalize("NFKC", text.lstrip(" ")[:1])
    return f"'{text}" if text[:1] in FORMULA or first in FORMULA else text


def as_csv(export: Export, period: Period) -> Iterator[bytes]:
    """UTF-8 with a mark that Excel knows; amounts in major units."""
    adding = Adding(export)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow(export.columns)
    write = _writer(export, _cell)
    for number, row in enumerate(adding.through(export.rows(period)), 1):
        writer.writerow(write(row))
        if number % BATCH == 0:
            yield _taken(buffer)
    for currency, sums in sorted(adding.totals.items()):
        line = {"currency": currency} | {name: money.plain(sum_, currency) for name, sum_ in sums.items()}
        first = f"total of {adding.count} rows"
        writer.writerow([first, *(line.get(name, "") for name in export.columns[1:])])
    if not adding.totals:
        writer.writerow(["total of 0 rows"])
    yield _taken(buffer)


def as_json(export: Export, period: Period) -> Iterator[bytes]:
    """One object: rows, their count, and totals by currency; amounts as texts in major units."""
    adding = Adding(export)
    buffer = io.StringIO()
    buffer.write('{"rows": [')
    write = _writer(export, _value)
    for number, row in enumerate(adding.through(export.rows(period)), 1):
        buffer.write("\n" if number == 1 else ",\n")
        buffer.write(json.dumps(dict(zip(export.columns, write(row), strict=True)), ensure_ascii=False))
        if number % BATCH == 0:
            yield _taken(buffer)
    totals = {
        currency: {name: money.plain(sum_, currency) for name, sum_ in sums.items()}
        for currency, sums in sorted(adding.totals.items())
    }
    buffer.write(f'\n],\n"count": {adding.count},\n"totals": {json.dumps(totals)}}}\n')
    yield _taken(buffer)


FORMATS: dict[str, tuple[str, Callable[[Export, Period], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}


def _writer(export: Export, other: Callable[[Any], Any]) -> Callable[[Row], list[Any]]:
    """How a row is written: amounts in the row's own currency, the rest by `other`."""
    amounts = [name in export.amounts for name in export.columns]
    place = export.columns.index("currency")

    def write(row: Row) -> list[Any]:
        currency = row[place]
        return [
            money.plain(value, currency) if amount else other(value) for value, amount in zip(row, amounts, strict=True)
        ]

    return write


def _cell(value: Any) -> Any:
    match value:
        case str():
            return harmless(value)
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        case None:
            return ""
    return value


def _value(value: Any) -> Any:
    return timezone.localtime(value).isoformat() if isinstance(value, datetime) else value


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
