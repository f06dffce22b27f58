"""Guessing passwords ends in a lock: for one address, from one place."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from accounts.data import cleanup
from accounts.models import User
from desk.admin.irreversible import reauthentication
from tests.accounts.conftest import ALICE, PASSWORD, link_in, one_letter

pytestmark = pytest.mark.django_db
ADMIN = {"path": "/admin/login/", "field": "username"}
SITE = {"path": "/login", "field": "email"}


def try_it(client: Client, password: str = "wrong", email: str = ALICE, *, page=SITE, **more):
    return client.post(page["path"], {page["field"]: email, "password": password}, **more)


@pytest.mark.parametrize("page", [SITE, ADMIN], ids=["site", "admin"])
def test_the_fifth_failure_closes_the_door(client, alice, page):
    User.objects.update(is_staff=True)
    statuses = [try_it(client, page=page).status_code for _ in range(5)]
    assert 429 not in statuses[:4]
    assert statuses[4] == 429
    answer = try_it(client, PASSWORD, page=page)
    assert answer.status_code == 429, "also with the right password"
    assert answer["Retry-After"] == "900"
    assert "no-store" in answer["Cache-Control"]
    assert "Wait 15 minutes" in answer.content.decode()
    assert client.get("/account").status_code == 302


def test_the_locked_door_is_the_page_for_whoever_is_too_quick(client, alice):
    answers = [try_it(client) for _ in range(5)]
    assert {"429.html", "unlisted.html"} <= {template.name for template in answers[4].templates}
    assert "That was quick." in answers[4].content.decode()
    assert "/password-reset" in answers[4].content.decode()


def test_failures_on_either_page_count_together(client, alice):
    for page in (SITE, ADMIN, SITE, ADMIN):
        try_it(client, page=page)
    assert try_it(client, email="ALICE@example.org ").status_code == 429, "in any spelling"


def test_another_place_can_still_sign_in(client, alice):
    for _ in range(6):
        try_it(client)
    assert try_it(client, PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_other_accounts_are_not_locked(client, alice):
    for _ in range(6):
        try_it(client, email="bob@example.org")
    assert try_it(client, PASSWORD).status_code == 302


def test_another_browser_at_the_same_place_is_locked_as_well(client, alice):
    for number in range(5):
        try_it(client, headers={"user-agent": f"browser {number}"})
    assert try_it(Client(), PASSWORD).status_code == 429


def test_behind_a_proxy_the_visitor_counts_not_the_proxy(client, alice, settings):
    settings.TRUSTED_PROXIES = 1
    for _ in range(6):
        try_it(client, headers={"x-forwarded-for": "192.0.2.66"})
    assert try_it(client, PASSWORD, headers={"x-forwarded-for": "192.0.2.66"}).status_code == 429
    assert try_it(client, PASSWORD, headers={"x-forwarded-for": "192.0.2.7"}).status_code == 302


def test_without_a_proxy_an_invented_address_does_not_help(client, alice):
    for number in range(5):
        try_it(client, headers={"x-forwarded-for": f"192.0.2.{number}"})
    assert try_it(client, PASSWORD, headers={"x-forwarded-for": "192.0.2.99"}).status_code == 429


def test_the_lock_ends_and_tries_meanwhile_do_not_prolong_it(client, alice):
    with time_machine.travel("2026-11-22 12:00Z", tick=False) as clock:
        for _ in range(5):
            try_it(client)
        clock.shift(14 * 60)
        assert try_it(client).status_code == 429
        clock.shift(61)
        assert try_it(client, PASSWORD).status_code == 302


def test_a_sign_in_clears_the_count(client, alice):
    for _ in range(3):
        for _ in range(4):
            try_it(client)
        assert try_it(client, PASSWORD).status_code == 302
        client.logout()


def test_an_unknown_address_is_locked_like_a_known_one(client, alice):
    def answers(email: str) -> list[int]:
        return [try_it(client, email=email).status_code for _ in range(6)]

    assert answers(ALICE) == answers("nobody@example.org")


def test_a_mailed_link_opens_the_way_again(client, alice):
    for _ in range(6):
        try_it(client)
    client.post("/password-reset", {"email": ALICE})
    client.post(link_in(one_letter()), {"password": "another long password"})
    assert try_it(client, "another long password").status_code == 302


def test_neither_table_nor_log_holds_the_address_or_the_password(client, alice, caplog):
    for _ in range(6):
        try_it(client, "a secret word")
    rows = str(list(AccessAttempt.objects.values()))
    for text in (rows, caplog.text):
        assert "alice" not in text
        assert "secret" not in text


def test_housekeeping_empties_the_table(client, alice):
    with time_machine.travel("2026-11-22 12:00Z", tick=False):
        for number in range(50):
            try_it(client, email=f"user{number}@example.org", REMOTE_ADDR=f"10.{number}.0.1")
    assert AccessAttempt.objects.count() == 50
    with time_machine.travel("2026-11-22 12:16Z"):
        assert "50 failed sign-ins deleted" in cleanup.tidy()
    assert not AccessAttempt.objects.exists()


# --- Doors that are not the login page -------------------------------------------------------------------------------


def test_the_admins_page_for_a_new_password_is_such_a_door(client, alice):
    User.objects.update(is_staff=True)
    alice.refresh_from_db()
    client.force_login(alice)
    form = {"new_password1": "three words together", "new_password2": "three words together"}
    page = "/admin/password_change/"
    assert [client.post(page, form | {"old_password": "wrong"}).status_code for _ in range(5)] == [200] * 4 + [429]
    assert client.post(page, form | {"old_password": PASSWORD}).status_code == 429, "also with the right one"
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.post(page, form | {"old_password": PASSWORD}).status_code == 302
        assert client.get("/admin/password_change/done/").status_code == 200, "and stays signed in"
    assert User.objects.get().check_password("three words together")


def test_the_page_of_the_link_that_verifies_is_such_a_door(client, db):
    client.post("/register", {"email": ALICE, "password": PASSWORD, "name": ""})
    link = link_in(one_letter())
    assert [client.post(link, {"password": "wrong"}).status_code for _ in range(5)] == [422] * 4 + [429]
    assert client.post(link, {"password": PASSWORD}).status_code == 429
    assert try_it(client, PASSWORD).status_code == 429, "all doors close together"
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.post(link, {"password": PASSWORD}).status_code == 302
    assert User.objects.get().verified_at


def test_the_letter_opens_no_account_that_was_closed(client, db):
    client.post("/register", {"email": ALICE, "password": PASSWORD, "name": ""})
    link = link_in(one_letter())
    User.objects.update(is_active=False)
    assert client.post(link, {"password": PASSWORD}).status_code in {410, 422}


def test_a_refund_that_asks_for_the_password_is_no_failed_sign_in(rf, alice):
    request = rf.post("/")
    request.user, request.session = alice, {}
    assert not reauthentication.require(request, "")
    assert not AccessAttempt.objects.exists()
    assert not reauthentication.require(request, "wrong")
    assert AccessAttempt.objects.get().failures_since_start == 1
