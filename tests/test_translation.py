"""Every text that a visitor or the people of the organisation read goes through gettext.

Templates: what is left of a file without its tags, its variables and its HTML may hold no word. Code: an argument that
is always read by people may not be a bare text.
"""

from __future__ import annotations

import ast
import inspect
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.management.commands import makemessages
from django.template.base import Lexer, TokenType

from donations.domain import status

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "donations", "mail", "organisation", "pages", "project")
# The stand-in for Stripe is a tool for those who set the site up, in English like its documentation.
TEMPLATES = sorted(file for file in (ROOT / "templates").rglob("*.html") if "sandbox" not in file.parts)
LETTERS = sorted((ROOT / "templates").rglob("*.txt"))
# The same in every language: names, and e-mails shown as a sample of a colour.
NAMES = {"Tincup", "Stripe", "Aa"}
READ_ALOUD = {"alt", "aria-label", "aria-description", "placeholder", "title"}
WORD = re.compile(r"[^\W\d_]{2,}")
# Keyword arguments whose text people read, and calls whose first argument is one.
KEYWORDS = {"label", "help_text", "verbose_name", "verbose_name_plural", "description", "empty_label", "staff", "donor"}
CALLS = {"ValidationError", "message_user"}


def bare(source: str) -> str:
    """The template without tags, variables, comments, and without what is marked for translation."""
    # A class is no word.
    source = re.sub(r"{% block \w*class %}.*?{% endblock.*?%}", "", source)
    kept, marked = list[str](), ""
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            if name in {"blocktranslate", "blocktrans", "comment"}:
                marked = f"end{name}"
            elif name == marked:
                marked = ""
        elif token.token_type == TokenType.TEXT and not marked:
            kept.append(token.contents)
    return "".join(kept)


class Words(HTMLParser):
    """The words between the tags, and in the attributes that are read aloud."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._style = False
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.found += WORD.findall(data)

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        for name, value in attrs:
            if name in READ_ALOUD and value:
                self.found += WORD.findall(value)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_no_page_holds_a_word_that_is_not_marked(file):
    assert set(Words(bare(file.read_text())).found) - NAMES == set()


@pytest.mark.parametrize("file", LETTERS, ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_no_letter_holds_a_word_that_is_not_marked(file):
    assert set(WORD.findall(bare(file.read_text()))) - NAMES == set()


@pytest.mark.parametrize("app", APPS)
def test_no_text_for_people_stands_bare_in_the_code(app):
    for file in (ROOT / app).rglob("*.py"):
        if {"migrations", "management"} & set(file.parts):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                texts = [keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS]
                if ast.unparse(node.func).rpartition(".")[2] in CALLS:
                    texts += node.args[:2]
                for text in texts:
                    assert not is_bare(text), f"{file.relative_to(ROOT)}:{node.lineno} {ast.unparse(text)}"


def test_the_domain_marks_its_texts_by_a_name_that_makemessages_looks_for():
    assert f"--keyword={status.gettext_noop.__name__}" in inspect.getsource(makemessages)
    code = (ROOT / "donations/domain/status.py").read_text()
    labels = status.LABELS.values()
    for text in {*status.BOOK.values(), *(label.staff for label in labels), *(label.donor for label in labels)}:
        assert f'gettext_noop("{text}")' in code


def is_bare(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORD.search(node.value))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<p>{% translate "Hello" %} {{ name }}</p>', []),
        ("{% blocktranslate %}Hello{% endblocktranslate %} there", ["there"]),
        ('<img alt="A cup">', ["cup"]),
        ("{% block sumclass %}void{% endblock sumclass %}{% block sum %}void{% endblock sum %}", ["void"]),
        ('<img alt="{% translate "A cup" %}" class="a-cup">', []),
        ("{# Not shown #}<!doctype html><!-- nor this --><b>1 %</b>", []),
    ],
)
def test_the_search_itself_finds_what_it_should(source, words):
    assert Words(bare(source)).found == words
