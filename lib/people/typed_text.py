"""What people type of themselves, cleaned: names and a few words, of any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django import forms

# Control and format characters, halves of pairs, and what Unicode has given no meaning.
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn"}
# Format characters that are seen: signs of Arabic, Syriac and Kaithi that stand around a number or a letter.
_SEEN = {*"\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"}
_BLANKS = dict.fromkeys(
    map(ord, "\u2800\u3164\uffa0\ufffc\U0001d159"), " "
)  # letters and signs to Unicode, gaps to the eye
_JOINERS = {*"\u200c\u200d"}
_KEPT = _JOINERS | _SEEN
# What a joiner may stand between: letters of scripts without capitals, their signs, and emoji. Between Latin letters it
# only makes a word look like another to a program.
_JOINED = {"Lo", "Lm", "Mn", "Mc", "Me", "So", "Sk", "Sm"}
# The flags of England, Scotland and Wales are a black flag with letters that are not seen.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
# The two that hold a syllable of old Korean open; alone they are nothing.
_FILLERS = re.compile(
    "\u115f(?!\u1160?[\u1161-\u11ff\ud7b0-\ud7ff])"
    "|(?<![\u1100-\u115e\ua960-\ua97f])\u1160(?![\u11a8-\u11ff\ud7cb-\ud7ff])"
)
# Accents that may stand on one letter. No script needs more, and hundreds of them would draw over the whole page.
_ACCENTS = 4


def storable(text: str) -> bool:
    """Whether every database keeps the text: none keeps half of a surrogate pair, and PostgreSQL no NUL."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def tidy(text: str) -> str:
    """NFC, on one line, without what is not seen: controls, marks of direction, signs without a width or a meaning.

    What scripts need stays: joiners between the letters that they join, selectors of a letter's form. A text of which
    nothing would be seen is empty.
    """
    seen = "".join(_seen(_FILLERS.sub("", text).translate(_BLANKS)))
    # Not before: what was taken out may have kept a letter from its accent.
    joined = _well_joined(" ".join(unicodedata.normalize("NFC", seen).split()))
    kept = " ".join("".join(_few_accents(joined)).split())
    return kept if any(unicodedata.category(character)[0] in "LNPS" for character in kept) else ""


def _seen(text: str) -> Iterator[str]:
    flags = {place for found in _FLAG.finditer(text) for place in range(*found.span())}
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if character.isspace():
            yield " "
        elif place in flags or character in _KEPT or category not in _UNWANTED:
            yield character


def _well_joined(text: str) -> Iterator[str]:
    """Without the joiners that join nothing."""
    for place, character in enumerate(text):
        around = (text[place - 1 : place], text[place + 1 : place + 2])
        if character not in _JOINERS or all(side and unicodedata.category(side) in _JOINED for side in around):
            yield character


def _few_accents(text: Iterator[str]) -> Iterator[str]:
    """Without the accents that stand on nothing, or on too much already."""
    run = _ACCENTS
    for character in text:
        if unicodedata.category(character) in {"Mn", "Me"}:
            run += 1
        else:
            run = _ACCENTS if character == " " else 0
        if run <= _ACCENTS or character == " ":
            yield character


class TidyField(forms.CharField):
    """One line of a person's own words, tidied before anything else looks at it."""

    def to_python(self, value: Any) -> str:
        return tidy(str(super().to_python(value) or ""))
