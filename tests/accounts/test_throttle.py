"""What is tried at many accounts from one network, or from many at once, becomes slow; honest people wait little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import throttle
from accounts.models import User
from limits.buckets import Rate
from limits.models import Bucket
from mail.models import Mail
from tests.accounts.conftest import ALICE, PASSWORD

pytestmark = pytest.mark.django_db

FIRST, FAR = "203.0.113.1", "198.51.100.1"
Try = Callable[[Client, int, str], int]


def sign_in(client: Client, number: int, address: str = FIRST) -> int:
    form = {"email": f"nobody{number}@example.org", "password": "a guess"}
    return client.post("/login", form, REMOTE_ADDR=address).status_code


def sign_in_to_the_admin(client: Client, number: int, address: str = FIRST) -> int:
    form = {"username": f"nobody{number}@example.org", "password": "a guess"}
    return client.post("/admin/login/", form, REMOTE_ADDR=address).status_code


def register(client: Client, number: int, address: str = FIRST) -> int:
    form = {"email": f"nobody{number}@example.org", "password": "three words together", "name": ""}
    return client.post("/register", form, REMOTE_ADDR=address).status_code


def forget(client: Client, number: int, address: str = FIRST) -> int:
    return client.post("/password-reset", {"email": f"nobody{number}@example.org"}, REMOTE_ADDR=address).status_code


def resend(client: Client, number: int, address: str = FIRST) -> int:
    return client.post("/register/resend", {"email": f"nobody{number}@example.org"}, REMOTE_ADDR=address).status_code


DOORS = pytest.mark.parametrize("door", [sign_in, sign_in_to_the_admin, register, forget, resend])


@DOORS
def test_one_place_tries_twenty_times_and_then_two_a_minute(client: Client, door: Try) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        answers = [door(client, number, FIRST) for number in range(60)]
        assert 429 not in answers[:20]
        assert set(answers[20:]) == {429}
        clock.shift(timedelta(minutes=1))
        later = [door(client, number, FIRST) for number in range(60, 65)]
        assert later.count(429) == 3
        assert door(client, 99, FAR) != 429, "others are not held up"


@pytest.mark.parametrize(
    ("addresses", "let_in"),
    [
        ([f"2001:db8::{number:x}" for number in range(1, 71)], 20),
        ([f"203.0.113.{number}" for number in range(1, 71)], 60),
        ([f"2001:db8:0:{number:x}::1" for number in range(1, 71)], 60),
        ([f"10.{number}.0.1" for number in range(1, 71)], 70),
    ],
    ids=["one /64", "one /24", "one /48", "everywhere"],
)
def test_a_network_counts_as_one(client: Client, addresses: list[str], let_in: int) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        answers = [forget(client, number, address) for number, address in enumerate(addresses)]
    assert len(answers) - answers.count(429) == let_in
    assert Mail.objects.count() <= let_in


def test_the_site_as_a_whole_has_a_measure_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "GUESSES", (*throttle.GUESSES[:2], Rate(5, 1)))
    answers = [sign_in(client, number, f"10.{number}.0.1") for number in range(8)]
    assert answers.count(429) == 3


def test_a_right_password_costs_nothing(alice: User) -> None:
    for _ in range(30):
        assert Client().post("/login", {"email": ALICE, "password": PASSWORD}).status_code == 302


def test_whoever_shares_the_connection_of_a_thief_waits_half_a_minute(client: Client, alice: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(25):
            sign_in(client, number)
        form = {"email": ALICE, "password": PASSWORD}
        answer = client.post("/login", form, REMOTE_ADDR=FIRST)
        assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (429, "30", "no-store")
        assert "Wait 30 seconds" in answer.content.decode()
        clock.shift(timedelta(seconds=30))
        assert client.post("/login", form, REMOTE_ADDR=FIRST).status_code == 302


def test_known_and_unknown_addresses_are_counted_alike(client: Client, alice: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        known = [client.post("/password-reset", {"email": ALICE}).status_code for _ in range(25)]
        Bucket.objects.all().delete()
        unknown = [forget(client, number, "127.0.0.1") for number in range(25)]
    assert known == unknown


def test_no_address_is_stored_and_what_is_over_goes(client: Client) -> None:
    sign_in(client, 1)
    assert Bucket.objects.count() == 3
    assert all(len(key) == 32 and "." not in key for key in Bucket.objects.values_list("key", flat=True))
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        call_command("housekeeping")
    assert not Bucket.objects.exists()


def test_without_the_shield_a_rehearsal_is_not_held_up(client: Client, settings) -> None:
    settings.SHIELD = False
    assert 429 not in [forget(client, number) for number in range(30)]


def test_a_lock_holds_for_the_whole_network_of_an_ipv6_visitor(client: Client, alice: User) -> None:
    for number in range(5):
        client.post("/login", {"email": ALICE, "password": "wrong"}, REMOTE_ADDR=f"2001:db8::{number}")
    form = {"email": ALICE, "password": PASSWORD}
    assert client.post("/login", form, REMOTE_ADDR="2001:db8::99").status_code == 429
    assert client.post("/login", form, REMOTE_ADDR="2001:db8:0:1::99").status_code == 302
