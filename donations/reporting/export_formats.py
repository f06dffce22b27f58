"""CSV and JSON, piece by piece: a download of a million rows takes no more memory than one of a hundred.

A CSV ends with a line of totals for each currency, a JSON with its count and totals: a file without them is cut short.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from donations.reporting.export_shape import BATCH, Adding, Export, Period, Row
from lib import csv_safety, money


def as_csv(export: Export, period: Period) -> Iterator[bytes]:
    """Amounts in major units, as numbers."""
    return csv_safety.written(_table(export, period))


def as_european_csv(export: Export, period: Period) -> Iterator[bytes]:
    """The same cells, with semicolons between them and a decimal comma."""
    return csv_safety.written(_table(export, period), csv_safety.EUROPEAN)


def _table(export: Export, period: Period) -> Iterator[Iterable[Any]]:
    adding = Adding(export)
    yield export.columns
    write = _writer(export, money.major, lambda value: value)
    for row in adding.through(export.rows(period)):
        yield write(row)
    for currency, sums in sorted(adding.totals.items()):
        line = {"currency": currency} | {name: money.major(sum_, currency) for name, sum_ in sums.items()}
        yield [f"total of {adding.count} rows", *(line.get(name, "") for name in export.columns[1:])]
    if not adding.totals:
        yield ["total of 0 rows"]


def as_json(export: Export, period: Period) -> Iterator[bytes]:
    """One object: rows, their count, and totals by currency; amounts as texts in major units."""
    adding = Adding(export)
    buffer = io.StringIO()
    buffer.write('{"rows": [')
    write = _writer(export, money.plain, _value)
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


class Format(NamedTuple):
    content_type: str
    write: Callable[[Export, Period], Iterator[bytes]]
    ending: str  # of the file's name


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", as_csv, ".csv"),
    "csv-european": Format("text/csv; charset=utf-8", as_european_csv, "-european.csv"),
    "json": Format("application/json", as_json, ".json"),
}


def _writer(
    export: Export, amount: Callable[[int, str], Any], other: Callable[[Any], Any]
) -> Callable[[Row], list[Any]]:
    """How a row is written: what is in `export.amounts` by `amount`, in the row's own currency, the rest by `other`."""
    amounts = [name in export.amounts for name in export.columns]
    place = export.columns.index("currency")

    def write(row: Row) -> list[Any]:
        currency = row[place]
        return [
            amount(value, currency) if is_amount else other(value)
            for value, is_amount in zip(row, amounts, strict=True)
        ]

    return write


def _value(value: Any) -> Any:
    return timezone.localtime(value).isoformat() if isinstance(value, datetime) else value


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
