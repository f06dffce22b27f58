from __future__ import annotations

import pytest
from django.test import Client
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from pages import search
from pages.documentation import Page, Section

pytestmark = pytest.mark.django_db  # every page names the organisation


def page(slug: str, title: str, *sections: tuple[str, str]) -> Page:
    parts = tuple(Section(heading, heading.lower().replace(" ", "-"), text) for heading, text in sections)
    return Page(slug, title, SafeString(""), parts)


ALICE = page("alice", "Alice gives", ("", "Alice keeps a cup."), ("The coin", "One coin goes into the cup. " * 3))
BOB = page("bob", "Bob and the coin", ("", "Bob sends money by bank."), ("Refusals", "Nothing was taken."))


def slugs(question: str) -> list[str]:
    return [result.page.slug for result in search.find(question, [ALICE, BOB])]


def test_a_word_in_the_title_outranks_one_in_a_heading_or_the_text():
    assert slugs("coin") == ["bob", "alice"]


def test_every_word_must_be_there():
    assert slugs("bank money") == ["bob"]
    assert slugs("bank cup") == []


def test_case_and_signs_do_not_matter():
    assert slugs("  BANK!? ") == ["bob"]


@pytest.mark.parametrize("question", ["", "   ", "?!", "nowhere"])
def test_nothing_is_found_for_nothing(question):
    assert slugs(question) == []


def test_a_result_points_at_the_best_section():
    (result,) = search.find("refusals", [ALICE, BOB])
    assert result.section.anchor == "refusals"


def test_an_excerpt_marks_what_was_asked_for_and_cuts_no_word():
    text = "word " * 100 + "needle " + "other " * 100
    (result,) = search.find("needle", [page("x", "X", ("", text))])
    assert [piece.text for piece in result.excerpt if piece.found] == ["needle"]
    whole = "".join(piece.text for piece in result.excerpt)
    assert whole.startswith("… word")
    assert whole.endswith("other …")
    assert len(whole) < 2 * search.AROUND + 30


@given(question=st.text(max_size=200), text=st.text(max_size=400))
def test_any_question_about_any_text_gets_an_answer(question, text):
    for result in search.find(question, [page("x", "X", ("", text))]):
        assert "".join(piece.text for piece in result.excerpt).strip("… ") in text


@pytest.mark.django_db
def test_the_page_shows_what_was_found(admin_client: Client):
    response = admin_client.get("/docs", {"q": "pg_dump"})
    shown = response.content.decode()
    assert response.status_code == 200
    assert 'href="/docs/backup#by-hand"' in shown
    assert "<mark>pg_dump</mark>" in shown
    assert 'value="pg_dump"' in shown


@pytest.mark.django_db
def test_the_page_says_so_when_nothing_was_found(client: Client):
    assert "Nothing on “zebra”. Try one word." in client.get("/docs?q=zebra").content.decode()


@pytest.mark.django_db
def test_a_question_is_shown_as_text(client: Client):
    shown = client.get("/docs", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in shown


@pytest.mark.django_db
def test_an_empty_question_shows_the_list(admin_client: Client):
    assert "For operators" in admin_client.get("/docs?q=+").content.decode()


def test_while_somebody_types_only_the_pages_found_come_back(admin_client: Client):
    response = admin_client.get("/docs", {"q": "pg_dump"}, headers={"HX-Request": "true"})
    shown = response.content.decode()
    assert "<html" not in shown
    assert 'href="/docs/backup#by-hand"' in shown
    assert "1 page" in shown
    assert "HX-Request" in response["Vary"]


def test_nothing_typed_leaves_nothing_behind(client: Client):
    assert client.get("/docs?q=", headers={"HX-Request": "true"}).content.strip() == b""


def test_nothing_found_is_said_while_somebody_types(client: Client):
    shown = client.get("/docs?q=zebra", headers={"HX-Request": "true"}).content.decode()
    assert "Nothing on “zebra”. Try one word." in shown
