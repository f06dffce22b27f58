"""One mailbox is one address, however it is written."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from lib.people.addresses import AddressField, normalise, searched, spelled, spellings

SAME = [
    "ada@bücher.example", "Ada@BÜCHER.Example", "ada@xn--bcher-kva.example", "ADA@XN--BCHER-KVA.EXAMPLE",
    "ada@bu\u0308cher.example", "ａｄａ＠ｂüｃｈｅｒ．ｅｘａｍｐｌｅ", " ada@bücher。example ",
]  # fmt: skip


@pytest.mark.parametrize("written", SAME)
def test_one_mailbox_has_one_spelling(written: str) -> None:
    assert normalise(written) == "ada@xn--bcher-kva.example"
    assert AddressField().clean(written).lower() == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("ada@☃.example", "ada@xn--n3h.example"),
        ("ada@XN--N3H.example", "ada@xn--n3h.example"),
        ("ada@exa\u200dmple.org", "ada@example.org"),
    ],
)
def test_so_has_one_whose_host_only_the_older_rules_know(written: str, one: str) -> None:
    assert normalise(written) == AddressField().clean(written).lower() == one


def test_so_has_one_with_other_letters_before_the_at() -> None:
    written = ["bücher@bücher.example", "BÜCHER@xn--bcher-kva.example", "bu\u0308cher@bücher.example"]
    assert {normalise(each) for each in written} == {"bücher@xn--bcher-kva.example"}
    assert {spelled(each) for each in written} == {"bücher@xn--bcher-kva.example"}, "every database sees them as one"


def test_who_cannot_be_written_to_is_told_why() -> None:
    with pytest.raises(ValidationError, match="letters like “ü” before the @"):
        AddressField().clean("bücher@bücher.example")


def test_what_is_typed_before_the_at_is_kept_for_mail_goes_there() -> None:
    assert spelled("Ada.Lovelace@Example.ORG") == "Ada.Lovelace@example.org"


def test_german_sharp_s_and_what_looks_like_it_are_two() -> None:
    assert normalise("a@straße.example") != normalise("a@strasse.example")


@pytest.mark.parametrize(
    "odd", ["", "ada", "ada@", "@example.org", "a@[127.0.0.1]", "a@a_b.example", "a@☃.example", "@"]
)
def test_what_is_no_address_comes_out_as_something(odd: str) -> None:
    assert normalise(normalise(odd)) == normalise(odd)


def test_a_search_finds_any_spelling() -> None:
    assert searched("Ada ada@bücher.example bücher.example bücher") == (
        "Ada ada@xn--bcher-kva.example xn--bcher-kva.example bücher"
    )


def test_an_address_is_known_in_what_others_wrote() -> None:
    ways = spellings("Ada@bücher.example")
    for body in (json.dumps("ada@bücher.example"), json.dumps("ada@bücher.example", ensure_ascii=False)):
        assert any(way in body for way in ways)
    assert "ada@xn--bcher-kva.example" in ways
