"""The words by which a person is found: of any script, with accents and capitals, or without."""

from __future__ import annotations

import re
import unicodedata

from lib.people.addresses import normalise, searched

LONGEST = 100  # letters of a word that count
# Marks that people leave out when they type: accents on Latin, Greek and Cyrillic, points in Hebrew, vowels in Arabic.
# In other scripts a mark is a letter of its own right.
_LEFT_OUT = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
# Letters that people write without their stroke, and that Unicode does not take for an accented one.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h", "ŧ": "t"}
)
# Scripts in which no space stands between two names: a name is found by any of its letters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")


def folded(text: str) -> str:
    """The text without what two ways of writing it differ in: capitals, accents, wide and narrow letters."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _LEFT_OUT.sub("", decomposed).translate(_PLAIN))


def words(text: str) -> list[str]:
    """The folded words of a name, in their order. What is no letter, mark or number parts two words."""
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in folded(text))
    return [word[:LONGEST] for word in "".join(kept).split()]


def of_name(name: str) -> set[str]:
    """Every word whose beginning finds the name."""
    found = set(words(name))
    return found | {word[at:] for word in found for at in range(1, len(word)) if _UNSPACED.match(word[at])}


def of_address(address: str) -> set[str]:
    """Every word whose beginning finds the e-mail address: the whole, its host, and what its first part is made of."""
    whole = folded(normalise(address))
    local, at, host = whole.rpartition("@")
    return {whole[:LONGEST], host[:LONGEST], *words(local)} - {""} if at else set(words(address))


def asked(text: str) -> list[set[str]]:
    """What somebody looks for, as ways: whoever has a word with each of these beginnings, of any one way, is found."""
    ways: list[set[str]] = [set()]
    for typed in text.split():
        own = set(words(typed))
        # A piece of an address is one word; with a dot alone it may be a name as well.
        piece = folded(searched(typed)).lstrip("@")[:LONGEST]
        if "@" in typed:
            choices = [{piece} if piece else own]
        elif "." in typed.strip("."):
            choices = [own, {piece}]
        else:
            choices = [own]
        ways = [way | choice for way in ways for choice in choices][:8]
    return [way for way in ways if way]
