"""Every text for donors is found, spelled as gettext looks it up, and none that is for the staff."""

from __future__ import annotations

import ast

import pytest

from project.catalogues import texts
from project.env import BASE_DIR


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('_("Hello")', [("Hello", None)]),
        ('gettext_lazy("Two " "parts")', [("Two parts", None)]),
        ('f"{told} {_("Soon.")}"'.replace('"Soon."', "'Soon.'"), [("Soon.", None)]),
        ('ngettext("%(n)d gift", "%(n)d gifts", n)', [(("%(n)d gift", "%(n)d gifts"), None)]),
        ('translation.pgettext("verb", "Book")', [("Book", "verb")]),
        ("_(label.donor)", []),
        ('print("Hello")', []),
    ],
)
def test_what_code_marks_is_found(source, found):
    assert list(texts.in_code(ast.parse(source))) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "100 %" %}', [("100 %%", None)]),
        ("{% blocktranslate trimmed %}\n  One\n  line\n{% endblocktranslate %}", [("One line", None)]),
        ("{% blocktranslate %}\nAs it {{ is }}\n{% endblocktranslate %}", [("\nAs it %(is)s\n", None)]),
        (
            "{% blocktranslate count n=n %}{{ n }} gift{% plural %}{{ n }} gifts{% endblocktranslate %}",
            [(("%(n)s gift", "%(n)s gifts"), None)],
        ),
        ('    {% if a %}\n{% include "x" with says=_("Go on") %}\n  {% endif %}', [("Go on", None)]),
        ('{% translate "Book" context "verb" %}', [("Book", "verb")]),
        ("<p>Hello</p>{# _('no') #}", []),
    ],
)
def test_what_a_template_marks_is_found(source, found):
    assert list(texts.in_template(source)) == found


def test_donors_texts_are_collected_and_the_staffs_are_not():
    found = texts.for_donors()
    assert found.get("Donate")
    assert found.get("raised so far, in %(counted)s gift")
    assert found.get("bank transfer"), "a receipt says how a gift came"
    assert not found.get("why it was struck out"), "a field of the desk"
    assert not found.get("Erase a donor")


def test_every_path_that_is_named_as_the_staffs_exists():
    for path in (*texts.STAFF, *texts.DONORS_TOO):
        assert (BASE_DIR / path).exists(), path
