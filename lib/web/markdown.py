"""Markdown as clean HTML: what it becomes goes through an allow-list, whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

TAGS = set("a blockquote br code em h2 h3 h4 hr li ol p pre strong table tbody td th thead tr ul".split())
ATTRIBUTES = {"a": {"href", "title"}, "h2": {"id"}, "h3": {"id"}}
# What scrolls sideways must be reachable by keyboard.
SCROLLING = {"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}}


def parse(text: str) -> list[Token]:
    """What the text is made of, for who changes it before it is cleaned."""
    return parser().parse(text)


def fragment(text: str) -> SafeString:
    """A few words of Markdown, as safe as a page."""
    return clean(parse(text))


def questions(text: str) -> list[tuple[str, SafeString]]:
    """Each heading of the second level as plain text, and what stands below it."""
    found = list[tuple[str, list[Token]]]()
    tokens = iter(parse(text))
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h2":
            found.append((next(tokens).content, []))
            next(tokens)  # where the heading closes
        elif found:
            found[-1][1].append(token)
    return [(question, clean(answer)) for question, answer in found]


def clean(tokens: Sequence[Token]) -> SafeString:
    """What these become, without anything that the allow-list does not name."""
    html = parser().renderer.render(tokens, parser().options, {})
    safe = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        set_tag_attribute_values=SCROLLING,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # Safe by the allow-list above, one line before.
    return mark_safe(safe)  # noqa: S308


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """CommonMark with tables, without HTML and pictures; headings have anchors."""
    plain = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    return plain.use(anchors_plugin, min_level=2, max_level=3, slug_func=slugify)
