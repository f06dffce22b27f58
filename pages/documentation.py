"""The documentation: the Markdown files of `docs/`, in a fixed order, as clean HTML, searchable.

The files are the project's own, yet what they become goes through an allow-list: an operator may edit them, and no
page of a site that takes money should be one paste away from somebody else's script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from markdown_it.token import Token

from lib.web import markdown

FOLDER = settings.DOCS_DIR

# The one list of what there is: an address that is not in here never reaches the disk.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("For donors"), ("giving", "accounts", "refunds", "monthly", "privacy")),
    (
        _("For operators"),
        (
            *("setup", "organisation", "stripe", "going-live", "deploying", "scaling", "settings"),
            *("desk", "shield"),
            *("languages", "sponsors", "receipts", "books", "exports"),
            *("backup", "monitoring", "upgrading", "commands", "troubleshooting", "security", "pci", "gdpr"),
        ),
    ),
    (_("For developers"), ("api", "sandbox", "addresses", "architecture", "faults", "glossary")),
)
SLUGS = tuple(slug for _title, slugs in GROUPS for slug in slugs)
# What visitors look for; how the site is run would only be in their way.
PUBLIC = GROUPS[0][1]

LINK_TO_A_FILE = re.compile(r"([a-z-]+)\.md(#[\w-]+)?")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the plain text below it; the text before the first heading has no title and no anchor."""

    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    slug: str
    title: str
    html: SafeString
    sections: tuple[Section, ...]

    @property
    def summary(self) -> str:
        """The first sentence."""
        return re.split(r"(?<=[.!?])\s", self.sections[0].text, maxsplit=1)[0]

    @property
    def headings(self) -> tuple[Section, ...]:
        return self.sections[1:]


@dataclass(frozen=True, slots=True)
class Group:
    title: str | Promise
    pages: tuple[Page, ...]


def groups(*, everything: bool) -> list[Group]:
    """The pages in their order, by who they are for: those for donors, or `everything`."""
    shown = GROUPS if everything else GROUPS[:1]
    return [Group(title, tuple(_load(slug) for slug in slugs)) for title, slugs in shown]


def page(slug: str) -> Page | None:
    """The page of this slug; None for any that is not listed."""
    return _load(slug) if slug in SLUGS else None


def following(slug: str, shown: Sequence[Group]) -> Page | None:
    """The page to read after this one, of those that are shown."""
    pages = [page for group in shown for page in group.pages]
    place = next((number for number, page in enumerate(pages, 1) if page.slug == slug), len(pages))
    return pages[place] if place < len(pages) else None


def _load(slug: str) -> Page:
    path = FOLDER / f"{slug}.md"
    return _render(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _render(path: Path, _changed: int) -> Page:
    """The page in a file; a file that changed is another key, so an edit shows without a restart."""
    tokens = markdown.parse(path.read_text(encoding="utf-8"))
    title, tokens = _title(tokens)
    _point_links_at_pages(tokens)
    return Page(path.stem, title, markdown.clean(tokens), tuple(_sections(tokens)))


def _title(tokens: list[Token]) -> tuple[str, list[Token]]:
    """The first line of a file is its title (`# …`): the page shows it itself."""
    if not tokens or tokens[0].tag != "h1":
        raise ValueError("A page of the documentation begins with its title: # …")
    return _plain(tokens[1]), tokens[3:]


def _point_links_at_pages(tokens: Sequence[Token]) -> None:
    """`setup.md` in a file, which works where the files are read as they are, becomes its neighbour `setup`."""
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                match = LINK_TO_A_FILE.fullmatch(str(child.attrs["href"]))
                if match:
                    child.attrs["href"] = match[1] + (match[2] or "")


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    title, anchor, text = "", "", list[str]()
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            yield Section(title, anchor, " ".join(text))
            title, anchor, text = _plain(tokens[place + 1]), str(token.attrs["id"]), []
        elif token.type == "inline" and tokens[place - 1].tag not in {"h2", "th"}:
            text.append(_plain(token))
        elif token.type == "fence":
            text.append(" ".join(token.content.split()))
    yield Section(title, anchor, " ".join(text))


def _plain(inline: Token) -> str:
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content for child in inline.children or []
    )
