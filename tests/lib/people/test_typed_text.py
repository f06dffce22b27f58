"""What people type of themselves: every script stays readable, and what is not seen is not there."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.people.typed_text import TidyField, storable, tidy

NOT_SEEN = [
    "\u200b", "\u2060\ufeff", "\u2800", "\u3164 \uffa0", "\u115f\u1160", "\u202e\u2066\u200e\u061c", "\u00ad",
    "\U000e0041\U000e007f", "\u0301\u0302", "\u034f", "\ufe0f", "\u200d\u200c", " \t\n\x85\u2028\u3000", "\u0378",
    "\ue000", "\U0001d159", "\ufffc", "\x00\x1b", "\u180b\u17b4", "",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_SEEN)
def test_of_what_nobody_sees_nothing_is_left(text: str) -> None:
    assert tidy(text) == ""
    assert TidyField(required=False).clean(text) == ""


@pytest.mark.parametrize("stray", [text for text in NOT_SEEN if not text.isspace()])
def test_nor_does_it_stand_before_or_behind_a_real_name(stray: str) -> None:
    assert tidy(f"{stray} Ada Lovelace \u202e") == "Ada Lovelace"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada\u202e Love\u200blace", "Ada Lovelace"),
        ("A\u200dd\u200ca", "Ada"),  # joiners join nothing here
        ("Zoe\u200b\u0308", "Zoë"),  # and the accent finds its letter again
        ("Ada\u2028Lovelace\x85", "Ada Lovelace"),
        ("a" + "\u0301" * 9 + "b", "á" + "\u0301" * 4 + "b"),
    ],
)
def test_stray_signs_are_taken_out_of_a_name(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    "name",
    ["می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී", "👩\u200d👩\u200d👧", "🏳️\u200d🌈 Ada", "🙂\u200d↔️", "❤️", "1️⃣", "李小龍",
     "Đỗ Thị", "O’Neil", "ᠮᠣᠩᠭᠣᠯ\u180b", "葛\U000e0100", "\u115f\u1161", "\u0600١", "...", "X Æ A-12", "محمد", "🇩🇪",
     "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
)  # fmt: skip
def test_what_scripts_need_stays(name: str) -> None:
    assert tidy(name) == name


@settings(max_examples=60)
@given(st.text(max_size=20))
def test_tidied_text_is_tidy(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not set(once) & {*"\u202a\u202e\u2066\u200b\u2060\ufeff\n"}


@pytest.mark.parametrize("text", ["", "ä 😀", "\x01", "\uffff"])
def test_what_a_database_keeps(text: str) -> None:
    assert storable(text)


@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "\udfff a"])
def test_what_no_database_keeps(text: str) -> None:
    assert not storable(text)
