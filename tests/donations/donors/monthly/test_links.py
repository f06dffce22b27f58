"""The way in to a monthly gift: by a mailed link, once, for a time, and for nobody else."""

from __future__ import annotations

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations.donors.monthly import links
from mail.models import Mail
from tests.accounts.conftest import ALICE, link_in, member, post

pytestmark = pytest.mark.django_db
FIRST, FAR = "203.0.113.1", "198.51.100.1"


@pytest.fixture(autouse=True)
def _no_other_letters(gives_monthly) -> None:
    """Only those that a test asks for."""


def ask(client: Client, email: str = ALICE, address: str = FIRST):
    return client.post("/monthly", {"email": email}, REMOTE_ADDR=address)


def asked(client: Client, email: str = ALICE) -> str:
    """The link that comes by letter, without the site's name."""
    Mail.objects.all().delete()
    ask(client, email)
    (letter,) = post()
    return link_in(letter).rstrip("?")


def test_a_mailed_link_opens_the_page_without_an_account(client, gives_monthly):
    subscription = gives_monthly()
    link = asked(client, "ALICE@Example.org")
    assert b"Open my page" in client.get(link).content
    assert client.post(link)["Location"] == f"/monthly/{subscription.uuid}"
    page = client.get(f"/monthly/{subscription.uuid}")
    assert "You give $20 every month." in page.text
    assert "no-store" in page["Cache-Control"]


def test_a_mail_scanner_that_looks_uses_nothing_up_and_a_second_use_opens_nothing(client, gives_monthly):
    subscription = gives_monthly()
    link = asked(client)
    for _ in range(3):
        assert Client().get(link).status_code == 200
    assert client.post(link).status_code == 302
    other = Client()
    assert other.get(link).status_code == 410
    assert other.post(link).status_code == 410
    assert other.get(f"/monthly/{subscription.uuid}")["Location"] == "/monthly"


def test_a_link_works_for_an_hour_and_so_does_the_page_that_it_opens(client, gives_monthly):
    subscription = gives_monthly()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        link = asked(client)
        clock.shift(3601)
        assert client.get(link).status_code == 410
        clock.shift(-2)
        assert client.post(link).status_code == 302
        clock.shift(3599)
        assert client.get(f"/monthly/{subscription.uuid}").status_code == 200
        clock.shift(2)
        assert client.get(f"/monthly/{subscription.uuid}").status_code == 302


@pytest.mark.parametrize("token", ["x", "x:y:z", f"{0:032x}:1abc:sig", "é"])
def test_a_link_of_somebody_s_own_making_opens_nothing(client, gives_monthly, token):
    gives_monthly()
    assert client.get(f"/monthly/{token}").status_code == 410
    assert client.post(f"/monthly/{token}").status_code == 410


def test_the_address_of_the_page_is_no_link(client, gives_monthly):
    subscription = gives_monthly()
    assert client.get(f"/monthly/{subscription.uuid.hex}")["Location"] == "/monthly"
    assert client.post(f"/monthly/{subscription.uuid}", {"do": "stop"})["Location"] == "/monthly"


def test_the_answer_is_the_same_for_strangers_and_they_get_no_letter(client, gives_monthly):
    gives_monthly()
    Mail.objects.all().delete()
    answers, queries = [], []
    for email in (ALICE, "stranger@example.org"):
        with CaptureQueriesContext(connection) as seen:
            answers.append(ask(client, email))
        queries.append(len(seen))
    assert queries[0] == queries[1], "nor does the time tell"
    assert [answer["Location"] for answer in answers] == ["/monthly?sent=1"] * 2
    assert Mail.objects.count() == 2, "a row is written for either"
    assert [letter.to for letter in post()] == [[ALICE]]


def test_a_mailbox_is_not_flooded_and_a_place_cannot_ask_for_ever(client, gives_monthly, settings):
    settings.SHIELD = True
    gives_monthly()
    Mail.objects.all().delete()
    answers = [ask(client).status_code for _ in range(11)]
    assert answers == [302] * 10 + [429]
    assert ask(client, address=FAR).status_code == 302
    assert len(post()) <= 2


def test_what_is_no_address_is_said(client):
    answer = ask(client, "alice")
    assert answer.status_code == 422
    assert "Enter an e-mail address, like alice@example.org." in answer.text


def test_who_gives_twice_sees_both(client, gives_monthly):
    gives_monthly()
    gives_monthly(amount=700)
    assert client.post(asked(client))["Location"] == "/monthly"
    page = client.get("/monthly")
    assert "$20 every month" in page.text
    assert "$7 every month" in page.text


def test_a_link_opens_nobody_else_s(client, gives_monthly):
    gives_monthly()
    other = gives_monthly("bob@example.org")
    client.post(asked(client))
    assert client.get(f"/monthly/{other.uuid}")["Location"] == "/monthly"


def test_the_page_can_be_closed(client, gives_monthly):
    subscription = gives_monthly()
    client.post(asked(client))
    page = f"/monthly/{subscription.uuid}"
    assert client.post(page, {"do": "leave"})["Location"] == "/monthly"
    assert client.get(page)["Location"] == "/monthly"


def test_what_joined_an_account_is_found_by_the_account_s_address_alone(client, gives_monthly):
    alice = member("new@example.org")
    gives_monthly("old@example.org", user=alice)
    Mail.objects.all().delete()
    ask(client, "old@example.org")
    ask(client, "new@example.org")
    assert [letter.to for letter in post()] == [["new@example.org"]]


def test_from_the_account_the_same_page_and_for_no_other_account(client, gives_monthly):
    alice = member()
    subscription = gives_monthly()
    client.force_login(alice)
    assert client.get("/monthly")["Location"] == f"/monthly/{subscription.uuid}"
    assert f"/monthly/{subscription.uuid}" in client.get("/account").text
    client.force_login(member("bob@example.org"))
    assert client.get(f"/monthly/{subscription.uuid}").status_code == 404
    client.force_login(member("eve@example.org", verified_at=None))
    assert client.get(f"/monthly/{subscription.uuid}").status_code == 404


def test_of_two_who_use_a_link_at_once_one_comes_in(gives_monthly):
    token = links.make(links.ASKED, gives_monthly()).rpartition("/")[2]
    assert [links.spend(token), links.spend(token)] == [True, False]
