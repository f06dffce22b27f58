from __future__ import annotations

import pytest

from accounts.models import User

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("root@example.org", "correct horse battery"))
    return client


def test_staff_find_an_account_by_address_or_name(admin):
    User.objects.create_user("alice@example.org", name="Alice")
    User.objects.create_user("bob@example.org", name="Robert")
    for question in ("alice@", "Alice"):
        page = admin.get(LIST, {"q": question}).content.decode()
        assert "alice@example.org" in page
        assert "bob@example.org" not in page


def test_staff_add_an_account_in_the_one_spelling(admin):
    response = admin.post(
        LIST + "add/",
        {
            "email": "Bob@Example.org",
            "name": "Bob",
            "usable_password": "true",
            "password1": "correct horse battery",
            "password2": "correct horse battery",
        },
    )
    assert response.status_code == 302
    assert User.objects.get(email="bob@example.org").check_password("correct horse battery")


def test_staff_cannot_add_one_address_twice_in_two_spellings(admin):
    User.objects.create_user("bob@example.org")
    password = "correct horse battery"
    form = {"email": "BOB@example.org", "usable_password": "true", "password1": password, "password2": password}
    response = admin.post(LIST + "add/", form)
    assert response.status_code == 200
    assert "already exists" in response.content.decode()


def test_staff_change_an_account(admin):
    bob = User.objects.create_user("bob@example.org")
    page = f"{LIST}{bob.pk}/change/"
    assert admin.get(page).status_code == 200
    assert admin.post(page, {"email": "Robert@example.org", "name": "Robert", "is_active": "on"}).status_code == 302
    bob.refresh_from_db()
    assert (bob.email, bob.name) == ("robert@example.org", "Robert")


def test_the_admin_asks_for_the_address_to_sign_in(client):
    User.objects.create_superuser("root@example.org", "correct horse battery")
    form = {"username": "Root@example.org", "password": "correct horse battery"}
    assert client.post("/admin/login/?next=/admin/", form)["Location"] == "/admin/"
