"""Name, password and address of an account."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import ALICE, PASSWORD, link_in, member, one_letter, post

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another long password"
NEW = "alice@elsewhere.example"


@pytest.fixture
def her(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def ask_to_move(her: Client, email: str = NEW, current: str = PASSWORD):
    return her.post("/account/email", {"email": email, "current": current})


def test_the_name_is_changed(her, alice):
    assert her.post("/account/settings", {"name": "Alice B."}).status_code == 302
    alice.refresh_from_db()
    assert alice.name == "Alice B."
    assert "Alice B." in her.get("/account").content.decode()


def test_a_new_password_keeps_this_session_under_a_new_key_and_ends_the_others(her, alice):
    elsewhere = Client()
    elsewhere.force_login(alice)
    before = her.session.session_key
    assert her.post("/account/password", {"current": PASSWORD, "password": NEW_PASSWORD}).status_code == 302
    assert her.get("/account").status_code == 200
    assert her.session.session_key != before
    assert elsewhere.get("/account").status_code == 302
    assert "Your password was changed" in one_letter().subject


@pytest.mark.parametrize(("current", "password"), [("wrong", NEW_PASSWORD), (PASSWORD, "short"), ("", "")])
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(her, alice, current, password):
    assert her.post("/account/password", {"current": current, "password": password}).status_code == 422
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_guesses_at_the_old_password_end_in_a_lock(her):
    answers = [her.post("/account/password", {"current": "wrong", "password": NEW_PASSWORD}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429] * 2


def test_a_new_address_counts_once_it_is_verified(her, alice):
    assert ask_to_move(her)["Location"] == "/account/settings"
    alice.refresh_from_db()
    assert alice.email == ALICE
    letter = one_letter()
    assert letter.to == [NEW]
    link = link_in(letter)
    stranger = Client()
    assert NEW in stranger.get(link).content.decode()
    alice.refresh_from_db()
    assert alice.email == ALICE, "mail scanners look at links"
    assert stranger.post(link).status_code == 200
    alice.refresh_from_db()
    assert (alice.email, alice.new_email) == (NEW, "")
    assert stranger.post(link).status_code == 410, "once"


def test_the_old_address_is_told(her, alice):
    ask_to_move(her)
    her.post(link_in(one_letter()))
    letter = one_letter()
    assert letter.to == [ALICE]
    assert "new e-mail address" in letter.subject


def test_gifts_made_with_the_new_address_join_and_the_old_ones_stay(her, alice, give):
    old, new = give(email=ALICE, user=alice), give(email=NEW)
    ask_to_move(her)
    new.refresh_from_db()
    assert new.user is None
    her.post(link_in(one_letter()))
    for gift in (old, new):
        gift.refresh_from_db()
        assert gift.user == alice


def test_it_takes_the_password(her, alice):
    assert ask_to_move(her, current="wrong").status_code == 422
    alice.refresh_from_db()
    assert alice.new_email == ""
    assert post() == []


def test_an_address_of_another_account_is_answered_alike_and_only_its_owner_is_told(her, alice):
    bob = member("bob@example.org")
    free, taken = ask_to_move(her), ask_to_move(her, "Bob@example.org")
    assert (free.status_code, free["Location"]) == (taken.status_code, taken["Location"])
    (letter,) = post()
    assert letter.to == [bob.email]
    assert "You already have an account" in letter.subject


def test_an_address_that_was_taken_meanwhile_is_refused(her, alice):
    ask_to_move(her)
    link = link_in(one_letter())
    member(NEW)
    assert her.post(link).status_code == 410
    alice.refresh_from_db()
    assert alice.email == ALICE


def test_a_second_wish_ends_the_first(her):
    ask_to_move(her)
    first = link_in(one_letter())
    ask_to_move(her, "third@example.org")
    assert her.post(first).status_code == 410
    assert one_letter().to == ["third@example.org"]


def test_an_account_that_somebody_made_for_the_address_and_never_verified_does_not_keep_its_owner_out(her, alice):
    Client().post("/register", {"email": NEW, "password": NEW_PASSWORD})
    post()
    ask_to_move(her)
    link = link_in(one_letter())
    assert "Your new address" in her.post(link).content.decode() or User.objects.get(pk=alice.pk).email == NEW
    assert [user.email for user in User.objects.all()] == [NEW]
