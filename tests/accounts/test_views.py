from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db

ALICE = "alice@example.org"
PASSWORD = "correct horse battery"


@pytest.fixture
def alice() -> User:
    return User.objects.create_user(ALICE, PASSWORD, name="Alice")


def sign_in(client: Client, email: str = ALICE, password: str = PASSWORD, **more: str):
    return client.post("/login", {"email": email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return SESSION_KEY in client.session


def test_registering_makes_an_account_and_signs_in(client):
    response = client.post("/register", {"email": ALICE, "password": PASSWORD, "name": "Alice"})
    assert (response.status_code, response["Location"]) == (302, "/account")
    assert client.session[SESSION_KEY] == str(User.objects.get(email=ALICE, name="Alice").pk)


def test_registering_needs_no_name(client):
    assert client.post("/register", {"email": ALICE, "password": PASSWORD}).status_code == 302
    assert User.objects.get().name == ""


def test_registering_gives_no_rights(client):
    client.post("/register", {"email": ALICE, "password": PASSWORD, "is_staff": "1", "is_superuser": "1"})
    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser


def test_registering_keeps_the_address_in_one_spelling(client):
    client.post("/register", {"email": "  Alice@Example.ORG ", "password": PASSWORD})
    assert User.objects.get().email == ALICE


@pytest.mark.parametrize("spelling", [ALICE, "Alice@Example.org"])
def test_a_taken_address_is_refused_in_neutral_words(client, alice, spelling):
    response = client.post("/register", {"email": spelling, "password": "another long password"})
    assert response.status_code == 422
    assert "can’t be registered" in response.content.decode()
    assert not signed_in(client)
    assert User.objects.get().check_password(PASSWORD)


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
    response = client.post("/register", {"email": ALICE, "password": password})
    page = response.content.decode()
    assert response.status_code == 422
    assert why in page
    assert 'aria-invalid="true"' in page
    assert "id_password_error" in page
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["Alice\nBcc: bob@example.org", "Ali\u202ece", "Al\0ice", "x" * 61])
def test_a_name_with_hidden_characters_or_too_long_is_refused(client, name):
    assert client.post("/register", {"email": ALICE, "password": PASSWORD, "name": name}).status_code == 422
    assert not User.objects.exists()


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
    assert "That e-mail and password don’t match. Check both." in page
    assert "<title>Error: " in page
    assert password not in page
    assert not signed_in(client)


def test_a_switched_off_account_cannot_sign_in_and_is_not_told_why(client, alice):
    User.objects.update(is_active=False)
    assert "don’t match" in sign_in(client).content.decode()
    assert not signed_in(client)


def test_an_empty_form_puts_the_cursor_into_the_first_field(client):
    page = client.post("/login", {}).content.decode()
    assert page.count("autofocus") == 1
    assert "Type your e-mail address." in page
    assert "Type your password." in page


@pytest.mark.parametrize("path", ["/donate?amount=20", "/account", "http://testserver/sponsors"])
def test_signing_in_goes_on_to_where_one_was_heading(client, alice, path):
    assert sign_in(client, next=path)["Location"] == path


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example/", "https:///evil.example", "javascript:alert(1)",
        "http://testserver@evil.example/", "\x08//evil.example", " //evil.example",
    ],
)  # fmt: skip
def test_signing_in_never_leads_to_another_site(client, alice, evil):
    assert sign_in(client, next=evil)["Location"] == "/account"
    client.logout()
    page = client.get("/login", {"next": evil}).content.decode()
    assert "evil" not in page
    assert "javascript" not in page


def test_an_https_page_does_not_lead_to_plain_http(client, alice):
    response = client.post(
        "/login", {"email": ALICE, "password": PASSWORD, "next": "http://testserver/account"}, secure=True
    )
    assert response["Location"] == "/account"


def test_the_way_to_register_keeps_where_one_was_heading(client):
    page = client.get("/login?next=/donate%3Famount%3D20%26x%3D1").content.decode()
    assert 'href="/register?next=%2Fdonate%3Famount%3D20%26x%3D1"' in page


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


def test_a_name_is_shown_as_text(client):
    client.post("/register", {"email": ALICE, "password": PASSWORD, "name": "<script>alert(1)</script>"})
    page = client.get("/account").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


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
