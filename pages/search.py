"""Finding a page of the documentation: a ranked scan. A dozen short pages need no index and no script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pages.documentation import Page, Section

LONGEST = 100  # characters of a question that are read
AROUND = 90  # characters of an excerpt on each side of the word found


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an excerpt; `found` is what the reader asked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Result:
    page: Page
    section: Section
    excerpt: tuple[Piece, ...]


def find(question: str, pages: Sequence[Page]) -> list[Result]:
    """The pages that hold every word of the question, the best first. Words match inside longer ones, in any case."""
    words = re.findall(r"\w+", question[:LONGEST].lower())
    if not words:
        return []
    ranked = [(_rank(page, words), page) for page in pages]
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    return [_result(page, words) for rank, page in ranked if rank]


def _rank(page: Page, words: Sequence[str]) -> int:
    """A word in the title weighs more than one in a heading, that more than some in the text. 0: a word is missing."""
    title = page.title.lower()
    headings = " ".join(section.title for section in page.sections).lower()
    text = " ".join(section.text for section in page.sections).lower()
    ranks = [50 * (word in title) + 20 * (word in headings) + min(text.count(word), 10) for word in words]
    return sum(ranks) if all(ranks) else 0


def _result(page: Page, words: Sequence[str]) -> Result:
    section = max(page.sections, key=lambda section: _weight(section, words))
    return Result(page, section, _excerpt(section.text, words))


def _weight(section: Section, words: Sequence[str]) -> tuple[int, int]:
    title, text = section.title.lower(), section.text.lower()
    return sum(word in title or word in text for word in words), sum(text.count(word) for word in words)


def _excerpt(text: str, words: Sequence[str]) -> tuple[Piece, ...]:
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    first = pattern.search(text)
    middle = first.start() if first else 0
    start, end = _whole_words(text, middle - AROUND, middle + AROUND)
    shown = ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")
    pieces, done = [], 0
    for match in pattern.finditer(shown):
        pieces += [Piece(shown[done : match.start()], False), Piece(match[0], True)]
        done = match.end()
    return tuple(piece for piece in (*pieces, Piece(shown[done:], False)) if piece.text)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds moved outwards to spaces, so that no word is cut."""
    start = text.rfind(" ", 0, start) + 1 if start > 0 else 0
    space = text.find(" ", end)
    return start, len(text) if space < 0 else space
