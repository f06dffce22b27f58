"""The sponsors' wall as visitors see it."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from donations.domain.updates import Payment, StripeUpdate
from donations.ledger import posting
from donations.models import Donation, Level, Sponsor, Words
from lib.web import kept_page
from organisation.models import Organisation
from pages import sponsors

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def levels(settings) -> None:
    cache.clear()
    Level.objects.all().delete()
    for name, least in (("Kettles", 1000_00), ("Teapots", 100_00), ("Cups", 0)):
        Level.objects.create(name=name, threshold=least)


def given(name: str = "", amount: int = 20_00, **fields) -> Donation:
    values = {"amount": amount, "currency": "usd", "public": True, "expires_at": timezone.now()} | fields
    gift = Donation.objects.create(name=name, **values)
    payment = Payment(f"pi_{gift.pk}", gift.amount, gift.currency)
    posting.post(StripeUpdate(at=timezone.now(), donation=gift.uuid, refs=(payment.source,), change=payment))
    return gift


def text_of(response) -> str:
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def front(client: Client) -> str:
    cache.clear()
    return text_of(client.get("/sponsors"))


def test_each_supporter_stands_on_one_level(client):
    for name, amount in (("Rich", 2000_00), ("Kind", 150_00), ("Good", 5_00)):
        given(name, amount)
    page = front(client)
    order = [page.index(word) for word in ("Kettles", "Rich", "Teapots", "Kind", "Cups", "Good", "Lately")]
    assert order == sorted(order)
    assert "$1,000 and up in a year" in page
    assert "$100 to $999 in a year" in page
    assert "Any gift at all" in page
    assert "Names are here because their owners said so." in page


def test_a_level_nobody_stands_on_is_left_out(client):
    given("Good", 5_00)
    page = front(client)
    assert "Cups" in page
    assert "Kettles" not in page


def test_those_without_a_name_are_one_line(client):
    given("Ada")
    given()
    assert "Ada Someone Lately" in front(client).replace("Any gift at all", "")
    given()
    kept_page.forget()
    assert "2 without a name" in front(client)


def test_words_wait_until_they_are_read(client):
    gift = given("Ada", message="Kind regards")
    assert "Kind regards" not in front(client)
    assert "We read messages before showing them." in front(client)
    Donation.objects.filter(pk=gift.pk).update(words=Words.SHOWN)
    kept_page.forget()
    for path in ("/sponsors", "/sponsors/lately"):
        assert "Kind regards" in text_of(client.get(path))


def test_a_site_that_trusts_everybody_does_not_say_that_it_reads(client):
    Organisation(moderate_messages=False).save()
    given("Ada")
    assert "We read messages" not in front(client)


def test_an_amount_is_told_by_its_donor_alone(client):
    given("Ada", 25_00, show_amount=True)
    given("Bob", 35_00)
    page = text_of(client.get("/sponsors/lately"))
    assert "Ada $25" in page
    assert "$35" not in page


@pytest.mark.parametrize("path", ["/sponsors", "/sponsors/lately"])
def test_names_and_words_are_shown_as_text(path, client):
    given("<img src=x onerror=alert(1)>", message="<script>alert(1)</script>", words=Words.SHOWN)
    page = client.get(path).content.decode()
    assert "<img" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_long_lists_have_pages_with_addresses_that_stay(client, monkeypatch):
    monkeypatch.setattr(sponsors, "NAMES", 2)
    monkeypatch.setattr(sponsors, "PAGE", 2)
    monkeypatch.setattr(sponsors, "SAID", 2)
    monkeypatch.setattr(sponsors, "LATELY", 2)
    for name in ("Ann", "Bob", "Cyd", "Dee", "Eve"):
        given(name)
    page = client.get("/sponsors").content.decode()
    assert 'href="/sponsors/cups"' in page
    assert 'href="/sponsors/lately"' in page
    for path in ("/sponsors/cups", "/sponsors/lately"):
        seen: list[str] = []
        address = path
        while address:
            page = client.get(address).content.decode()
            seen += re.findall(r"<bdi>(\w+)</bdi>", page.partition("<main")[2])
            found = re.search(r'rel="next" href="([^"]+)"', page)
            address = f"{path}{found[1]}" if found else ""
        assert seen == ["Eve", "Dee", "Cyd", "Bob", "Ann"]
        assert 'rel="prev"' in page


@pytest.mark.parametrize(
    "query", ["before=", "before=-1", "before=x", "after=99999999999999999999", "before=²", "after=1e3", "page=7"]
)
@pytest.mark.parametrize("path", ["/sponsors", "/sponsors/cups", "/sponsors/lately"])
def test_an_address_that_names_no_gift_gives_the_beginning(path, query, client):
    given("Ada")
    assert "Ada" in text_of(client.get(f"{path}?{query}"))


@pytest.mark.parametrize("path", ["/sponsors/none", "/sponsors/logo/none.png", "/sponsors/logo/.png", "/sponsors/Cups"])
def test_what_is_not_there_is_not_found(path, client):
    assert client.get(path).status_code == 404


def test_organisations_stand_first_with_logo_and_link(client):
    given("Ada", 150_00)
    teapots = Level.objects.get(name="Teapots")
    Sponsor.objects.create(
        name="Acme <Ltd>", url="https://acme.example/", level=teapots, logo=b"png", logo_digest="a" * 32
    )
    page = client.get("/sponsors").content.decode()
    assert f'src="/sponsors/logo/{"a" * 32}.png" alt=""' in page
    assert 'href="https://acme.example/" rel="sponsored noopener"' in page
    assert "Acme &lt;Ltd&gt;" in page
    assert page.index("Acme") < page.index("Ada")
    page = client.get("/sponsors/teapots").content.decode()
    assert "Acme" in page
    assert "Acme" not in client.get("/sponsors/teapots?before=1").content.decode()


def test_a_bare_wall_says_so(client):
    assert "This page is bare. It takes one gift to change that." in front(client)


def test_a_view_of_the_wall_asks_a_few_questions_however_many_supporters(client, django_assert_max_num_queries):
    for number in range(30):
        given(f"Supporter {number}", show_amount=True, message="x", words=Words.SHOWN)
    front(client)
    for path in ("/sponsors", "/sponsors/cups", "/sponsors/lately"):
        with django_assert_max_num_queries(9):
            assert client.get(path).status_code == 200
