"""Passwords are hashed slowly, a few at a time, and old hashes become new ones without anybody noticing."""

from __future__ import annotations

import resource
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client

from accounts import hashing
from accounts.models import User
from tests.accounts.conftest import ALICE, PASSWORD

LOGIN = {"email": ALICE, "password": PASSWORD}


@pytest.fixture(autouse=True)
def _as_the_site_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashing.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def old_hash() -> str:
    """As version 0.1.0 hashed."""
    return Argon2PasswordHasher().encode(PASSWORD, "0123456789abcdefABCDEF")


def test_a_hash_costs_what_owasp_asks_for() -> None:
    kept = make_password(PASSWORD)
    known = extract_parameters(kept.removeprefix("argon2"))
    assert (known.type.name, known.memory_cost, known.time_cost, known.parallelism) == ("ID", 19 * 1024, 2, 1)
    assert check_password(PASSWORD, kept)
    assert not check_password("another", kept)


def test_an_old_hash_is_renewed_at_the_next_sign_in(alice: User, client: Client) -> None:
    User.objects.update(password=old_hash())
    assert client.post("/login", LOGIN | {"password": "wrong"}).status_code == 422
    assert User.objects.get().password == old_hash(), "not by a guess"
    assert client.post("/login", LOGIN).status_code == 302
    assert "m=19456,t=2,p=1" in User.objects.get().password
    assert client.get("/account").status_code == 200


def test_a_hash_that_is_renewed_while_somebody_is_signed_in_ends_no_session(alice: User, client: Client) -> None:
    User.objects.update(password=old_hash())
    client.force_login(User.objects.get())
    answer = client.post("/account/email", {"email": "new@example.org", "current": PASSWORD})
    assert answer.status_code == 302
    assert "m=19456" in User.objects.get().password
    assert client.get("/account").status_code == 200


def test_known_and_unknown_addresses_cost_one_hash_each(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(hashing.Argon2, "encode", lambda self, *_: hashed.append("hash") or "argon2$none")
    monkeypatch.setattr(hashing.Argon2, "verify", lambda self, *_: bool(hashed.append("hash")))
    for path, more in (("/login", {}), ("/register", {"name": ""}), ("/password-reset", {})):
        costs = []
        for email in (ALICE, "nobody@example.org"):
            hashed.clear()
            client.post(path, {"email": email, "password": "some other words"} | more)
            costs.append(len(hashed))
        assert costs[0] == costs[1], path


def test_whoever_comes_while_too_many_are_hashed_is_told_when_to_come_again(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "_admitted", threading.BoundedSemaphore(1))
    User.objects.update(password=make_password(PASSWORD), is_staff=True)
    with hashing._admitted:
        for path, fields in (
            ("/login", LOGIN),
            ("/admin/login/", {"username": ALICE, "password": PASSWORD}),
            ("/register", {"email": "new@example.org", "password": PASSWORD, "name": ""}),
        ):
            answer = client.post(path, fields)
            assert (answer.status_code, answer["Retry-After"]) == (503, "5"), path
            assert "Wait a few seconds" in answer.content.decode()
    assert client.post("/login", LOGIN).status_code == 302


def test_nobody_waits_longer_than_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "PATIENCE", 0.05)
    done = threading.Event()
    with ThreadPoolExecutor(1) as hands:
        monkeypatch.setattr(hashing, "_hands", hands)
        hands.submit(done.wait, 5)
        with pytest.raises(hashing.Busy):
            make_password(PASSWORD)
        done.set()


def test_thirty_two_at_once_take_the_memory_of_four() -> None:
    kept, refused = make_password(PASSWORD), []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def sign_in() -> None:
        try:
            assert check_password(PASSWORD, kept)
        except hashing.Busy:
            refused.append(1)

    threads = [threading.Thread(target=sign_in) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024  # MiB
    assert grown < 110
    assert len(refused) <= 32 - hashing.ADMITTED
