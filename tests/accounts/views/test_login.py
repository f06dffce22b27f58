from __future__ import annotations

import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.conftest import ALICE, PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str = ALICE, password: str = PASSWORD, **more: str):
    return client.post("/login", {"email": email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return SESSION_KEY in client.session


@pytest.mark.parametrize("email", ["", "alice", "alice@", "a" * 250 + "@example.org", "al\0ice@example.org"])
def test_something_that_is_no_address_is_refused(client, email):
    assert client.post("/register", {"email": email, "password": PASSWORD}).status_code == 422
    assert client.post("/login", {"email": email, "password": PASSWORD}).status_code == 422


def test_signing_in_leads_to_the_account(client, alice):
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/account")
    page = client.get("/account").content.decode()
    assert ALICE in page
    assert "Alice" in page


@pytest.mark.parametrize("spelling", ["ALICE@EXAMPLE.ORG", " Alice@example.org "])
def test_signing_in_ignores_the_case_of_the_address(client, alice, spelling):
    assert sign_in(client, email=spelling).status_code == 302


@pytest.mark.parametrize(
    ("email", "password"), [(ALICE, "wrong horse battery"), ("bob@example.org", PASSWORD), (ALICE, PASSWORD + " ")]
)
def test_a_wrong_pair_gets_the_same_words_whichever_half_is_wrong(client, alice, email, password):
    response = sign_in(client, email=email, password=password)
    page = response.content.decode()
    assert response.status_code == 422
    assert "That e-mail and password don’t match. Check both, or set a new password." in page
    assert "<title>Error: " in page
    assert password not in page
    assert not signed_in(client)


def test_a_switched_off_account_cannot_sign_in_and_is_not_told_why(client, alice):
    User.objects.update(is_active=False)
    assert "don’t match" in sign_in(client).content.decode()
    assert not signed_in(client)


def test_an_unverified_account_cannot_sign_in_and_is_not_told_why(client, alice):
    User.objects.update(verified_at=None)
    assert "don’t match" in sign_in(client).content.decode()
    assert not signed_in(client)


def test_staff_are_vouched_for(client, alice):
    User.objects.update(verified_at=None, is_staff=True)
    assert sign_in(client).status_code == 302


def test_an_empty_form_puts_the_cursor_into_the_first_field(client):
    page = client.post("/login", {}).content.decode()
    assert page.count("autofocus") == 1
    assert "Enter your e-mail address." in page
    assert "Enter your password." in page


@pytest.mark.parametrize("path", ["/donate?amount=20", "/account", "http://testserver/sponsors"])
def test_signing_in_goes_on_to_where_one_was_heading(client, alice, path):
    assert sign_in(client, next=path)["Location"] == path


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example/", "https:///evil.example", "javascript:alert(1)",
        "http://testserver@evil.example/", "\x08//evil.example", " //evil.example", "evil", "0001-01-01",
    ],
)  # fmt: skip
def test_signing_in_never_leads_to_another_site(client, alice, evil):
    assert sign_in(client, next=evil)["Location"] == "/account"
    client.logout()
    page = client.get("/login", {"next": evil}).content.decode()
    # The same page in other languages: there the address is carried along, and led to by none.
    page = re.sub(r'<a href="(/login)?\?next=[^"/:]*" lang=', "", page)
    assert "evil" not in page
    assert "javascript" not in page


def test_an_https_page_does_not_lead_to_plain_http(client, alice):
    response = client.post(
        "/login", {"email": ALICE, "password": PASSWORD, "next": "http://testserver/account"}, secure=True
    )
    assert response["Location"] == "/account"


def test_signing_in_rotates_the_session_key(client, alice):
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before
    stranger = Client()
    stranger.cookies["session"] = before
    assert stranger.get("/account").status_code == 302


def test_a_changed_password_ends_other_sessions(client, alice):
    sign_in(client)
    alice.set_password("another long password")
    alice.save()
    assert client.get("/account").status_code == 302


def test_signing_out_takes_a_post(client, alice):
    sign_in(client)
    page = client.get("/logout")
    assert page.status_code == 200
    assert signed_in(client)
    cookie = client.cookies["session"].value
    response = client.post("/logout")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert not signed_in(client)
    stranger = Client()
    stranger.cookies["session"] = cookie
    assert stranger.get("/account").status_code == 302


def test_signing_out_lets_the_browser_forget_what_was_given_here(client, alice, give):
    client.cookies["gifts"] = "whatever"
    sign_in(client)
    assert client.post("/logout").cookies["gifts"].value == ""


def test_signing_out_everywhere_ends_every_session(client, alice):
    elsewhere = Client()
    for browser in (client, elsewhere):
        sign_in(browser)
        assert browser.get("/account").status_code == 200
    assert client.get("/account/logout-everywhere").status_code == 405
    client.post("/account/logout-everywhere")
    for browser in (client, elsewhere):
        assert browser.get("/account").status_code == 302
    assert sign_in(elsewhere).status_code == 302, "the password still opens"


def test_the_account_asks_to_sign_in_first(client):
    assert client.get("/account")["Location"] == "/login?next=/account"


def test_who_is_signed_in_already_is_not_asked_again(client, alice):
    sign_in(client)
    assert client.get("/login")["Location"] == "/account"
    assert client.get("/register?next=/donate")["Location"] == "/donate"


def test_only_staff_are_shown_the_way_to_the_admin(client, alice):
    sign_in(client)
    assert "/admin/" not in client.get("/account").content.decode()
    User.objects.update(is_staff=True)
    assert "/admin/" in client.get("/account").content.decode()


@pytest.mark.parametrize("path", ["/login", "/register", "/logout"])
def test_no_form_is_taken_without_its_token(path, alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(path, {"email": ALICE, "password": PASSWORD}).status_code == 403
    assert signed_in(client)


@pytest.mark.parametrize("path", ["/login", "/register", "/logout", "/account"])
def test_no_page_of_an_account_is_kept_by_a_cache(path, client, alice):
    assert "no-store" in client.get(path)["Cache-Control"]
    client.force_login(alice)
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.parametrize("name", ["login", "register", "logout", "account"])
def test_other_methods_are_refused(name, client, alice):
    client.force_login(alice)
    assert client.put(reverse(name)).status_code == 405


def test_the_other_form_of_an_address_leads_here(client):
    response = client.get("/login/?next=/donate")
    assert (response.status_code, response["Location"]) == (301, "/login?next=/donate")
