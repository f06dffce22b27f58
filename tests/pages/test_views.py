from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.domain.updates import Payment, StripeUpdate
from donations.ledger import posting
from donations.models import Donation
from lib.web import kept_page

pytestmark = pytest.mark.django_db


def gift(name: str = "", *, amount: int = 2000, public: bool = True, status: Status = Status.PAID) -> Donation:
    now = timezone.now()
    donation = Donation.objects.create(
        amount=amount,
        currency="usd",
        name=name,
        public=public,
        status=status,
        message="Words for the people who run the site",
        email="private@example.org",
        expires_at=now + timedelta(hours=2),
    )
    if status == Status.PAID:
        payment = Payment(f"pi_{donation.pk}", amount, "usd")
        posting.post(StripeUpdate(at=now, donation=donation.uuid, change=payment, refs=(payment.source,)))
    return donation


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_the_front_page_of_an_empty_site_says_that_it_is_empty(client: Client):
    page = text_of(client.get("/"))
    assert "Small gifts keep Tincup going." in page
    assert "$0 Nothing yet. Somebody has to be first." in page
    assert "Nothing yet. The first name will appear here." in page


def test_the_front_page_leads_everywhere(client: Client):
    page = client.get("/").content.decode()
    for path in ("/donate", "/sponsors", "/docs", "/login", "/register"):
        assert f'href="{path}"' in page
    for word in ("Donate", "Sponsors", "Documentation", "Login", "Register"):
        assert word in page


def test_the_front_page_counts_what_has_come_in(client: Client):
    gift(amount=2000)
    assert "$20 raised so far, in 1 gift" in text_of(client.get("/"))
    cache.clear()
    kept_page.forget()
    gift(amount=1250, public=False)
    assert "$32.50 raised so far, in 2 gifts" in text_of(client.get("/"))


def test_the_front_page_names_the_latest_supporters(client: Client):
    for number in range(7):
        gift(f"Supporter {number}")
    page = text_of(client.get("/"))
    assert "Supporter 6" in page
    assert "Supporter 1" not in page


@pytest.mark.parametrize("path", ["/", "/sponsors"])
def test_only_paid_gifts_whose_donor_said_so_are_shown(path, client: Client):
    gift("Alice")
    gift("Bob", public=False)
    gift("Carol", status=Status.PENDING)
    page = text_of(client.get(path))
    assert "Alice" in page
    assert "Bob" not in page
    assert "Carol" not in page
    assert "private@example.org" not in page
    assert "Words for the people" not in page


@pytest.mark.parametrize("path", ["/", "/sponsors"])
def test_a_donor_without_a_name_is_someone(path, client: Client):
    gift()
    assert "Someone" in text_of(client.get(path))


@pytest.mark.parametrize("path", ["/", "/sponsors"])
def test_a_name_is_shown_as_text(path, client: Client):
    gift("<img src=x onerror=alert(1)>")
    page = client.get(path).content.decode()
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_the_bare_wall_says_so(client: Client):
    assert "This page is bare. It takes one gift to change that." in text_of(client.get("/sponsors"))


@pytest.mark.parametrize("path", ["/", "/sponsors", "/docs", "/docs/setup"])
def test_pages_that_are_only_read_take_no_post(path, client: Client):
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def test_a_form_with_a_stale_token_gets_plain_words():
    response = Client(enforce_csrf_checks=True).post("/login", {"email": "alice@example.org", "password": "x"})
    assert response.status_code == 403
    assert "This page waited too long." in text_of(response)


@pytest.mark.parametrize("address", ["/docs/setup", "/sponsors/lately"])
def test_the_menu_says_in_which_part_of_the_site_one_is(address, client: Client):
    head, _, _ = client.get(address).content.decode().partition("<main")
    assert head.count('aria-current="true"') == 1
