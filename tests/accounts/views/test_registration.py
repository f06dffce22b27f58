"""Registering, and the e-mail that proves the address."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mail.models import Mail
from tests.accounts.conftest import ALICE, PASSWORD, Give, language_of, link_in, one_letter, post

pytestmark = pytest.mark.django_db


def register(client: Client, email: str = ALICE, password: str = PASSWORD, **more: str):
    return client.post("/register", {"email": email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return SESSION_KEY in client.session


def test_registering_sends_a_letter_and_signs_nobody_in(client):
    response = register(client, name="Alice")
    assert (response.status_code, response["Location"]) == (302, "/register/sent")
    assert "Check your e-mail" in client.get("/register/sent").content.decode()
    assert not signed_in(client)
    assert User.objects.get(email=ALICE, name="Alice").verified_at is None
    letter = one_letter()
    assert letter.to == [ALICE]
    assert "Confirm your e-mail address" in letter.subject


def test_the_link_and_the_password_open_the_account(client):
    register(client)
    link = link_in(one_letter())
    page = client.get(link).content.decode()
    assert ALICE in page
    assert User.objects.get().verified_at is None, "mail scanners look at links"
    response = client.post(link, {"password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/account")
    assert client.session[SESSION_KEY] == str(User.objects.exclude(verified_at=None).get().pk)


def test_the_mailbox_without_the_password_does_not_open_it(client):
    """Somebody registered another's address. That person may open the link, and gives nothing away by it."""
    register(client, password="the password of a thief")
    link = link_in(one_letter())
    response = client.post(link, {"password": PASSWORD})
    assert response.status_code == 422
    assert not signed_in(client)
    assert User.objects.get().verified_at is None


def test_the_password_without_the_mailbox_does_not_open_it(client):
    register(client)
    assert client.post("/login", {"email": ALICE, "password": PASSWORD}).status_code == 422
    assert not signed_in(client)


def test_the_link_works_once(client):
    register(client)
    link = link_in(one_letter())
    client.post(link, {"password": PASSWORD})
    again = Client()
    assert again.get(link).status_code == 410
    assert again.post(link, {"password": PASSWORD}).status_code == 410
    assert not signed_in(again)


def test_the_link_works_for_an_hour(client):
    register(client)
    with time_machine.travel("2026-11-22 12:00Z", tick=False) as clock:
        link = link_in(one_letter())
        clock.shift(3600)
        assert client.get(link).status_code == 200
        clock.shift(1)
        assert client.get(link).status_code == 410
        assert client.post(link, {"password": PASSWORD}).status_code == 410


def test_the_link_dies_when_the_address_changes(client):
    register(client)
    link = link_in(one_letter())
    User.objects.update(email="other@example.org")
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    "key", ["", "1", "1.", ".x", "x.y", "٣.y", "9" * 30 + ".c-d", "1.c-d", "0.c-d", "-1.c-d", "1.c-d-e"]
)
def test_a_key_that_is_none_is_refused_in_words(client, alice, key):
    for page in ("/register/verify", "/password-reset/new", "/account/email/confirm"):
        response = client.get(page, {"key": key})
        assert response.status_code == 410
        assert "no longer works" in response.content.decode()


def test_a_link_for_one_purpose_does_not_serve_another(client, alice):
    client.post("/password-reset", {"email": ALICE})
    key = link_in(one_letter()).partition("?")[2]
    User.objects.update(verified_at=None)
    assert client.get(f"/register/verify?{key}").status_code == 410
    assert client.get(f"/account/email/confirm?{key}").status_code == 410


def test_another_users_number_does_not_fit_the_token(client):
    register(client)
    register(client, "bob@example.org")
    alice, bob = User.objects.order_by("pk")
    link = next(link_in(letter) for letter in post() if letter.to == [alice.email])
    assert client.get(link.replace(f"key={alice.pk}.", f"key={bob.pk}.")).status_code == 410


def test_who_registers_again_before_the_letter_is_opened_chooses_anew(client):
    register(client, password="a password with a tpyo")
    register(client, name="Alice")
    letter = one_letter()
    assert Client().post(link_in(letter), {"password": "a password with a tpyo"}).status_code == 422
    assert client.post(link_in(letter), {"password": PASSWORD}).status_code == 302
    assert User.objects.get().name == "Alice"


def test_a_taken_address_is_told_so_by_letter_alone(client, alice):
    answer = register(client, "Alice@Example.org", "another long password")
    assert answer["Location"] == "/register/sent"
    letter = one_letter()
    assert letter.to == [ALICE]
    assert "You already have an account" in letter.subject
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert alice.name == "Alice"


def test_an_account_from_before_addresses_were_verified_keeps_its_password(client):
    old = User.objects.create_user(ALICE, PASSWORD, last_login="2026-01-01T00:00Z")
    register(client, password="another long password")
    old.refresh_from_db()
    assert old.check_password(PASSWORD)


def test_nobodys_mailbox_can_be_flooded(client, alice):
    with time_machine.travel("2026-11-22 12:01Z"):
        for _ in range(5):
            register(client)
            register(client, "new@example.org")
            client.post("/register/resend", {"email": ALICE})
            client.post("/password-reset", {"email": ALICE})
    sent = post()
    assert sorted(letter.to[0] for letter in sent) == [ALICE, ALICE, "new@example.org"], "one known, one reset, one new"
    with time_machine.travel("2026-11-22 12:06Z"):
        client.post("/password-reset", {"email": ALICE})
    assert len(post()) == 1


def test_the_letter_can_be_asked_for_again(client):
    register(client)
    post()
    with time_machine.travel(timezone.now() + timedelta(hours=11)):
        assert client.post("/register/resend", {"email": ALICE})["Location"] == "/register/sent"
    assert client.post(link_in(one_letter()), {"password": PASSWORD}).status_code == 302


def test_no_letter_is_written_for_an_account_that_went_meanwhile(client, alice):
    client.post("/password-reset", {"email": ALICE})
    alice.delete()
    assert post() == []
    assert Mail.objects.get().state == Mail.State.CLOSED


def test_the_outbox_holds_no_address_and_no_link(client, alice):
    register(client)
    register(client, "new@example.org")
    client.post("/password-reset", {"email": ALICE})
    client.post("/password-reset", {"email": "nobody@example.org"})
    links = [link_in(letter).partition("key=")[2] for letter in post()]
    for row in Mail.objects.values():
        text = str(row)
        assert "example.org" not in text
        assert not [link for link in links if link and link in text]


def test_earlier_gifts_of_a_guest_appear_once_the_address_is_verified(client, give: Give):
    mine, spelled = give(email=ALICE), give(email="Alice@Example.ORG")
    taken = give(email=ALICE, user=User.objects.create_user("bob@example.org"))
    other, unknown = give(email="bob@example.org"), give(email="")
    register(client)
    for gift in (mine, spelled):
        gift.refresh_from_db()
        assert gift.user is None, "not before"
    client.post(link_in(one_letter()), {"password": PASSWORD})
    alice = User.objects.get(email=ALICE)
    for gift in (mine, spelled, taken, other, unknown):
        gift.refresh_from_db()
    assert [mine.user, spelled.user] == [alice, alice]
    assert str(taken.user) == "bob@example.org", "each gift belongs to one account"
    assert [other.user, unknown.user] == [None, None]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too short"),
        ("1q2w3e4r5t6y", "too common"),
        ("alice@example.org", "too similar"),
        ("", "Choose a password"),
        ("x" * 257, "at most 256"),
    ],
)
def test_a_weak_password_is_refused_beside_its_field(client, password, why):
    response = register(client, password=password)
    page = response.content.decode()
    assert response.status_code == 422
    assert why in page
    assert 'aria-invalid="true"' in page
    assert "id_password_error" in page
    assert not User.objects.exists()


def test_a_name_that_is_too_long_is_refused(client):
    assert register(client, name="x" * 61).status_code == 422
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Ali\u202ece", "Alice"), ("Al\0ice", "Alice"), ("Alice\nBcc: bob", "Alice Bcc: bob"), ("\u2800\u3164", "")],
)
def test_hidden_characters_are_taken_out_of_a_name(client, typed, kept):
    assert register(client, name=typed).status_code == 302
    assert User.objects.get().name == kept


def test_registering_gives_no_rights(client):
    register(client, is_staff="1", is_superuser="1", verified_at="2026-01-01")
    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser
    assert user.verified_at is None


def test_a_name_is_shown_as_text(client, alice):
    User.objects.update(name="<script>alert(1)</script>")
    client.force_login(alice)
    page = client.get("/account").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_letters_about_an_account_are_in_the_language_of_the_page_on_which_one_signed_in_last(client, settings):
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]
    fields = {"email": ALICE, "password": PASSWORD, "name": ""}
    client.post("/register", fields, headers={"Accept-Language": "de-AT"})
    (letter,) = post()
    assert language_of(letter) == "de"
    client.post(link_in(letter), {"password": PASSWORD})
    client.post("/logout")
    client.post("/login", {"email": ALICE, "password": PASSWORD}, headers={"Accept-Language": "en"})
    client.post("/logout")
    client.post("/password-reset", {"email": ALICE}, headers={"Accept-Language": "de"})
    (letter,) = post()
    assert language_of(letter) == "en"
