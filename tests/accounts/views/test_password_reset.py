"""A forgotten password."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import ALICE, PASSWORD, link_in, member, one_letter, post

pytestmark = pytest.mark.django_db
NEW = "another long password"


def ask(client: Client, email: str = ALICE):
    return client.post("/password-reset", {"email": email})


def opens(password: str) -> bool:
    return Client().post("/login", {"email": ALICE, "password": password}).status_code == 302


def test_a_mailed_link_sets_a_new_password(client, alice):
    assert ask(client, "ALICE@example.org")["Location"] == "/password-reset/sent"
    link = link_in(one_letter())
    assert client.get(link).status_code == 200
    assert opens(PASSWORD), "looking at the link changes nothing"
    response = client.post(link, {"password": NEW})
    assert response["Location"] == "/password-reset/done"
    assert opens(NEW)
    assert not opens(PASSWORD)
    assert client.get("/account").status_code == 302, "a link does not sign in"


def test_the_owner_is_told_by_letter(client, alice):
    ask(client)
    client.post(link_in(one_letter()), {"password": NEW})
    assert "Your password was changed" in one_letter().subject


def test_the_link_works_once_and_for_an_hour(client, alice):
    ask(client)
    with time_machine.travel("2026-11-22 12:00Z", tick=False) as clock:
        link = link_in(one_letter())
        clock.shift(3601)
        assert client.post(link, {"password": NEW}).status_code == 410
        clock.shift(-2)
        assert client.post(link, {"password": NEW}).status_code == 302
        assert client.post(link, {"password": "yet another password"}).status_code == 410
    assert opens(NEW)


def test_an_earlier_link_dies_with_the_password_it_was_made_for(client, alice):
    ask(client)
    first = link_in(one_letter())
    ask(client)
    alice.set_password(NEW)
    alice.save()
    assert client.get(first).status_code == 410
    ask(client)
    assert client.get(link_in(one_letter())).status_code == 200, "and another one comes at once"


def test_every_session_ends(client, alice):
    client.force_login(alice)
    elsewhere = Client()
    ask(elsewhere)
    elsewhere.post(link_in(one_letter()), {"password": NEW})
    assert client.get("/account").status_code == 302


def test_a_weak_password_is_refused(client, alice):
    ask(client)
    assert client.post(link_in(one_letter()), {"password": "short"}).status_code == 422
    assert opens(PASSWORD)


def test_the_link_proves_the_address_and_gifts_are_joined(client, give):
    gift = give(email=ALICE)
    member(verified_at=None)
    ask(client)
    client.post(link_in(one_letter()), {"password": NEW})
    gift.refresh_from_db()
    assert gift.user.email == ALICE
    assert gift.user.verified_at
    assert opens(NEW)


def test_a_switched_off_account_gets_no_link(client, alice):
    User.objects.update(is_active=False)
    assert ask(client)["Location"] == "/password-reset/sent"
    assert post() == []


def test_a_link_that_is_out_dies_when_the_account_is_switched_off(client, alice):
    ask(client)
    link = link_in(one_letter())
    User.objects.update(is_active=False)
    assert client.post(link, {"password": NEW}).status_code == 410
