"""Nothing on these pages tells whether an address has an account."""

from __future__ import annotations

import re
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mail.models import Mail
from tests.accounts.conftest import ALICE, PASSWORD, member

pytestmark = pytest.mark.django_db

ASKED = {
    "/register": {"password": "another long password"},
    "/register/resend": {},
    "/password-reset": {},
    "/login": {"password": "not the password"},
}
STRANGER = "walter@example.org"


@pytest.fixture
def people(alice: User) -> None:
    member("unverified@example.org", verified_at=None)
    member("off@example.org", is_active=False)
    User.objects.create_user("without@example.org", None, verified_at=alice.verified_at)


def ask(page: str, email: str) -> Any:
    return Client().post(page, {"email": email, **ASKED[page]})


def seen(response: Any, email: str) -> tuple[object, ...]:
    """All that a visitor gets, without the random values of CSRF and the address as it was typed."""
    body = re.sub(rb'(csrfmiddlewaretoken" value=")[^"]+', rb"\1", response.content).replace(email.encode(), b"...")
    cookies = {name: {**cookie, "expires": ""} for name, cookie in response.cookies.items()}
    of_its_own = {"Content-Length", "Expires", "X-Request-ID"}
    headers = {name: value for name, value in response.headers.items() if name not in of_its_own}
    return response.status_code, body, sorted(cookies), [sorted(c.items()) for c in cookies.values()], headers


@pytest.mark.parametrize("page", ASKED)
@pytest.mark.parametrize("email", [ALICE, "unverified@example.org", "off@example.org", "without@example.org"])
def test_the_answer_is_the_same_to_the_byte(people, page, email):
    assert seen(ask(page, email), email) == seen(ask(page, STRANGER), STRANGER)


def test_the_right_password_of_an_unverified_account_is_answered_like_a_wrong_one(people):
    right = Client().post("/login", {"email": "unverified@example.org", "password": PASSWORD})
    assert seen(right, "unverified@example.org") == seen(ask("/login", STRANGER), STRANGER)


@pytest.mark.parametrize("page", ["/register/resend", "/password-reset"])
def test_a_row_waits_in_the_outbox_either_way(people, page):
    for email in (ALICE, STRANGER):
        before = Mail.objects.count()
        ask(page, email)
        assert Mail.objects.count() == before + 1


@pytest.mark.parametrize("page", ASKED)
def test_the_database_has_the_same_to_do(people, page):
    def work(email: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            ask(page, email)
        return [query["sql"].split()[0] for query in queries]

    work("first@example.org")  # what is done once
    assert work(ALICE) == work(STRANGER)


class CountingHasher(Argon2PasswordHasher):
    """The true hash, made cheap, so that other work would show in the medians; and how often it was taken."""

    time_cost, memory_cost, parallelism = 1, 8, 1
    taken = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.taken += 1
        return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        CountingHasher.taken += 1
        return bool(super().verify(password, encoded))


@pytest.mark.slow
@pytest.mark.parametrize("page", ASKED)
def test_the_password_is_hashed_as_often(alice, page, settings):
    """The hash is what takes time: one more or less would tell. Prints the medians, in turns, for whoever looks."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    settings.SHIELD = False  # thirty tries from one place
    alice.set_password(PASSWORD)
    alice.save()
    times: dict[bool, list[float]] = {True: [], False: []}
    hashes: dict[bool, list[int]] = {True: [], False: []}
    for number in range(15):
        for known in (True, False):
            email = f"person{number}.{'known' if known else 'other'}@example.org"
            if known:
                User.objects.filter(pk=alice.pk).update(email=email)
            CountingHasher.taken, began = 0, perf_counter()
            ask(page, email)
            times[known].append(perf_counter() - began)
            hashes[known].append(CountingHasher.taken)
    mine, other = median(times[True]), median(times[False])
    print(f"{page}: known {mine * 1000:.2f} ms, unknown {other * 1000:.2f} ms")
    assert hashes[True] == hashes[False]
    assert set(hashes[True]) == {1 if "password" in ASKED[page] else 0}
