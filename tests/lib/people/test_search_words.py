"""Who types a name as it comes to mind finds it, in whatever script it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.people import search_words


def finds(asked: str, name: str = "", address: str = "") -> bool:
    """By the rule that the database follows: all beginnings of one way."""
    known = search_words.of_name(name) | (search_words.of_address(address) if address else set())
    return any(
        all(any(word.startswith(beginning) for word in known) for beginning in way) for way in search_words.asked(asked)
    )


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        *[("dvorak", "Antonín Dvořák"), ("DVOŘÁK", "antonin dvorak"), ("łucja", "Lucja"), ("lucja", "Łucja")],
        *[("strasse", "Anna Straße"), ("STRAẞE", "Anna Strasse"), ("istanbul", "İstanbul"), ("ışık", "ISIK")],
        *[("alekseev", "Alekse\u0308ev"), ("петров", "ПЕТРОВ Пётр"), ("петр", "Пётр"), ("Пётр", "Петр")],
        *[("ελενη", "Ελένη"), ("ΝΊΚΟΣ", "Νίκος"), ("محمد", "مُحَمَّد"), ("דנה", "דָּנָה"), ("अनिता", "अनिता शर्मा")],
        *[("王小", "王小明"), ("小明", "王小明"), ("健太", "大江 健太"), ("김민", "김민준"), ("ใจดี", "สมชายใจดี")],
        *[("orourke", "ORourke"), ("o'rourke", "O’Rourke"), ("rourke", "O’Rourke"), ("jean-luc", "Jean Luc")],
        *[("j.r.", "J.R.R. Tolkien"), ("ada lov", "Ada Lovelace"), ("lovelace ada", "Ada Lovelace"), ("ＡＤＡ", "Ada")],
        *[("ada_l", "ada_l"), ("acme.com", "Acme.com")],
    ],
)
def test_a_name_is_found_however_it_is_typed(asked: str, name: str):
    assert finds(asked, name)


@pytest.mark.parametrize(
    "asked",
    ["ada.lov", "ADA.Lovelace@Example.ORG", "lovelace", "ada.lovelace@ex", "example.org", "@example.org", "Ada"],
)
def test_an_address_is_found_by_all_of_it_its_host_and_its_parts(asked: str):
    assert finds(asked, address="ada.lovelace@example.org")


def test_an_address_is_found_in_the_spelling_that_people_read():
    assert finds("ada@bücher.example", address="ada@xn--bcher-kva.example")


@pytest.mark.parametrize("asked", ["xyzzy", "ada grace", "velace", "ada@other.org", "ada@example.org.uk", "は"])
def test_what_is_nowhere_is_not_found(asked: str):
    assert not finds(asked, "Ada Lovelace", "ada@example.org")


def test_of_marks_alone_nothing_is_asked():
    assert search_words.asked(" … -- ' ") == []


@given(st.text(max_size=60))
def test_whatever_a_name_is_its_own_words_find_it(name: str):
    assert all(finds(word, name) for word in search_words.words(name))


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str):
    once = search_words.folded(text)
    assert search_words.folded(once) == once
