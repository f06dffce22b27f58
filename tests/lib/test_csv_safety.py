from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from lib.csv_safety import EUROPEAN, INTERNATIONAL, Style, harmless, written

# What formulas are made of, how they are hidden, and where spreadsheets begin another cell.
NASTY = st.sampled_from(
    [*"=+-@＝＋－＠﹣⁺−", *" \t\r\n;,\"'“’«\0\x0b\x1f\x85\xa0\u200b\u200d\u2028\ufeff\u3164", "a", "1"]
)
TEXTS = st.text(NASTY | st.characters(exclude_categories=["Cs"]), max_size=12)


def whole(rows: Iterable[Iterable[Any]], style: Style = INTERNATIONAL) -> str:
    return b"".join(written(rows, style)).decode("utf-8-sig")


def begins(cell: str) -> str:
    """What a spreadsheet sees first: nothing invisible, no quotation mark but ours, no wide signs."""
    for character in unicodedata.normalize("NFKC", cell):
        hidden = character.isspace() or not character.isprintable() or unicodedata.category(character) in {"Mn", "Me"}
        if not hidden and character not in '"“”‘’«»‹›\u1160':
            return character
    return ""


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1", "\n=1", "\0=1", "\tplain", "＝1+1", "＋1", "－1", "＠x",
     "﹣1", "−1", "\ufeff=1", "\u200b=1", "\xa0=1", "\u3000＝1", "\x0b=1", '"=1"', "“=1”", "'=1", "\u2800=1",
     " \u200d\"'=1"],
)  # fmt: skip
def test_no_text_becomes_a_formula(text: str) -> None:
    guarded = harmless(text)
    assert guarded.startswith("'")
    assert guarded.replace("'", "") == text.replace("\0", "").replace("'", "")


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("thanks;=1+1", "thanks;'=1+1"),
        ("thanks; ＝1;-2", "thanks;' ＝1;'-2"),
        ('thanks\t"=1"', 'thanks\t\'"=1"'),
        ("thanks\n=1\r@x", "thanks\n'=1\r'@x"),
        ("\t=1", "'\t'=1"),
        ("thanks,=1+1", "thanks,'=1+1"),
        ('"a","=1"', '"a",\'"=1"'),
        ("a;b,c\t-1", "a;b,c\t'-1"),
        ("a\u2028=1\x0b+1", "a\u2028'=1\x0b'+1"),
    ],
)
def test_nor_does_a_piece_of_it_wherever_a_spreadsheet_splits(text: str, guarded: str) -> None:
    assert harmless(text) == guarded


@pytest.mark.parametrize(
    "text",
    ["", "Ada", "a=b", "a-b@example.org", "1+1", "Zoë", "李", "🎉 = fun", "(-5)", ":-)", "'quoted'", '"quoted"', "a; b",
     "a, b", "two\nlines", "€-", "2026-07-26"],
)  # fmt: skip
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("value", [-5, Decimal("-5.00"), None, True])
def test_what_is_no_text_stays_as_it_is(value: Any) -> None:
    assert harmless(value) is value


@pytest.mark.parametrize(("style", "minus"), [(INTERNATIONAL, "-5.25"), (EUROPEAN, "-5,25")])
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
@example(rows=[('a;"', "=1"), ("a;", "=1"), ('"";=1', '\n"=1'), ("a,=1", '"a","=1"')])
def test_a_cell_comes_out_as_it_went_in_and_is_no_formula_however_the_file_is_split(
    style: Style, minus: str, rows: list[Any]
) -> None:
    text = whole(((n, first, Decimal("-5.25"), second) for n, (first, second) in enumerate(rows)), style)
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=style.delimiter))
    assert read == [[f"{n}", harmless(one), minus, harmless(two)] for n, (one, two) in enumerate(rows)]
    assert not any(begins(cell) in set("=+-@−") for row in read for cell in row if cell != minus)
    for delimiter in ",;\t":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting):
                # A minus amount, or its whole units where it is split at its own comma, is a number of ours.
                assert not any(begins(cell) in set("=+-@−") for cell in row if cell not in {minus, "-5"}), row


def test_what_is_no_text_is_written_for_people() -> None:
    at = datetime(2026, 7, 26, 22, 30, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        assert whole([(1, True, False, None, at, Decimal("-0.50"))]) == "1,yes,no,,2026-07-27 00:30:00,-0.50\r\n"


def test_europeans_get_semicolons_and_decimal_commas_and_the_same_days() -> None:
    at = datetime(2026, 7, 26, 22, 30, tzinfo=UTC)
    row = (1, "a; b", Decimal("-1234.50"), Decimal("0.000"), Decimal(500), at)
    assert whole([row], EUROPEAN) == '1;"a; b";-1234,50;0,000;500;2026-07-26 22:30:00\r\n'


def test_excel_is_told_that_it_is_utf_8() -> None:
    assert b"".join(written([["ä"]])) == b"\xef\xbb\xbf\xc3\xa4\r\n"


def test_it_comes_piece_by_piece() -> None:
    pieces = list(written(([number] for number in range(5)), batch=2))
    assert [piece.count(b"\r\n") for piece in pieces] == [2, 2, 1]
