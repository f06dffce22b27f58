"""An account is one, however its address is written; and so it is after an upgrade."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import User
from donations.donors import ownership
from donations.models import Donation
from tests.accounts.conftest import PASSWORD, Give, member, post

pytestmark = pytest.mark.django_db
ADA = "ada@xn--bcher-kva.example"
WRITTEN = ["ada@bücher.example", "Ada@BÜCHER.example", "ADA@XN--BCHER-KVA.EXAMPLE", "ａｄａ@bu\u0308cher.example"]


def test_whoever_registers_in_another_spelling_meets_the_same_account(client: Client) -> None:
    for written in WRITTEN:
        assert client.post("/register", {"email": written, "password": PASSWORD}).status_code == 302
    assert [user.email for user in User.objects.all()] == [ADA]


@pytest.mark.parametrize("written", WRITTEN)
def test_every_spelling_signs_in_and_resets(client: Client, written: str) -> None:
    member(ADA)
    assert Client().post("/login", {"email": written, "password": PASSWORD})["Location"] == "/account"
    client.post("/password-reset", {"email": written})
    assert [letter.to for letter in post()] == [[ADA]]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_guests_gift_is_claimed_in_any_spelling(client: Client, give: Give, written: str) -> None:
    from donations.giving.forms import GiftForm

    form = GiftForm({"amount": "20", "email": written})
    assert form.is_valid()
    gift = give(email=form.order().email)
    user = member(ADA)
    assert ownership.attach_guest_donations(user.pk, user.email) == 1
    gift.refresh_from_db()
    assert gift.user == user


def test_the_desk_finds_it_in_any_spelling(client: Client, give: Give) -> None:
    give(email=ADA, name="Ada")
    member(ADA)
    client.force_login(User.objects.create_superuser("root@example.org", PASSWORD))
    for page in ("/admin/donations/donation/", "/admin/accounts/user/"):
        assert ADA in client.get(page, {"q": "ada@bücher.example"}).content.decode()


def upgrade(app: str, name: str) -> Any:
    import_module(f"{app}.migrations.{name}").rewrite(apps, None)


def test_an_upgrade_brings_stored_addresses_and_names_under_the_rule(give: Give) -> None:
    gift, shown = give(email="Ada@bücher.example", name="\u2800"), give(name="acme.com", email="Bob@Example.org")
    upgrade("donations", "0016_one_spelling")
    assert list(Donation.objects.order_by("pk").values_list("email", "name", "name_state")) == [
        ("Ada@xn--bcher-kva.example", "", "shown"),
        ("Bob@example.org", "acme.com", "waiting"),
    ]
    assert (gift.pk, shown.pk) == tuple(Donation.objects.order_by("pk").values_list("pk", flat=True))


def test_two_accounts_of_one_mailbox_become_one(give: Give) -> None:
    typed = member("x@example.org", name="\u200b")
    User.objects.filter(pk=typed.pk).update(email="ada@bücher.example")
    other = member(ADA, verified_at=None)
    gift = give(user=typed)
    upgrade("accounts", "0004_one_spelling")
    typed.refresh_from_db()
    other.refresh_from_db()
    assert (typed.email, typed.name, typed.is_active, other.is_active) == (ADA, "", True, False)
    gift.refresh_from_db()
    assert gift.user == typed
