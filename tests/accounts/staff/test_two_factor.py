"""The second step of signing in to the admin."""

from __future__ import annotations

import time
from typing import Any

import pytest
import pytest_django
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
STEP, SET_UP = "/admin/second-step/", "/admin/second-step/set-up/"


@pytest.fixture(autouse=True)
def _on(settings: pytest_django.Settings) -> None:
    settings.STAFF_TWO_FACTOR = True


@pytest.fixture
def tess() -> User:
    return User.objects.create_superuser("tess@example.org", PASSWORD)


@pytest.fixture
def half_way(client: Client, tess: User) -> Client:
    """Signed in by password alone."""
    client.post("/admin/login/", {"username": "tess@example.org", "password": PASSWORD})
    return client


def code_of(device: TOTPDevice, later: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + later * device.step
    return f"{totp.token():06}"


def set_up(client: Client) -> list[str]:
    """Bind a phone; the recovery codes that are shown."""
    client.get(SET_UP)
    answer = client.post(SET_UP, {"code": code_of(TOTPDevice.objects.get(confirmed=False))})
    return list(answer.context["codes"])


@pytest.fixture
def phone(half_way: Client, tess: User) -> TOTPDevice:
    set_up(half_way)
    # The code that was just used counts once; the next one is of the next half minute.
    TOTPDevice.objects.update(last_t=-1)
    return TOTPDevice.objects.get(user=tess)


def sign_in(client: Client, code: str, **query: str) -> Any:
    client.logout()
    client.post("/admin/login/", {"username": "tess@example.org", "password": PASSWORD})
    return client.post(STEP, {"code": code, **query})


def test_without_the_setting_nothing_is_asked(half_way: Client, settings: pytest_django.Settings) -> None:
    settings.STAFF_TWO_FACTOR = False
    assert half_way.get("/admin/").status_code == 200
    for page in (STEP, SET_UP):
        assert half_way.get(page).status_code == 404
    assert "second-step" not in half_way.get("/admin/").content.decode()


def test_a_password_alone_leads_to_the_second_step_and_no_further(half_way: Client) -> None:
    for page in ("/admin/", "/admin/accounts/user/", "/admin/donations/donation/", "/admin/password_change/"):
        assert half_way.get(page, follow=True).redirect_chain[-1][0] == SET_UP, page


def test_a_session_of_the_public_login_is_no_way_around(client: Client, tess: User, phone: TOTPDevice) -> None:
    client.logout()
    client.force_login(tess)
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == STEP


def test_a_phone_is_bound_by_its_code_and_recovery_codes_are_shown_once(half_way: Client, tess: User) -> None:
    page = half_way.get(SET_UP).content.decode()
    assert "<svg" in page
    assert half_way.post(SET_UP, {"code": "000000"}).status_code == 200
    assert half_way.get("/admin/", follow=True).redirect_chain, "a wrong code binds nothing"
    TOTPDevice.objects.update(throttling_failure_count=0)
    codes = set_up(half_way)
    assert len(set(codes)) == 10
    assert half_way.get("/admin/").status_code == 200
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Set up the second step of signing in."]


def test_the_secret_is_another_one_each_time_and_belongs_to_its_session(half_way: Client, tess: User) -> None:
    thief = Client()
    thief.force_login(tess)
    thief.get(SET_UP)
    seen = TOTPDevice.objects.get()
    secrets = {half_way.get(SET_UP).context["secret"] for _visit in range(2)}
    assert len(secrets) == 2
    mine = TOTPDevice.objects.exclude(pk=seen.pk).get()
    assert mine.key != seen.key
    half_way.post(SET_UP, {"code": code_of(mine)})
    assert [device.key for device in TOTPDevice.objects.all()] == [mine.key], "the other secret is gone"


def test_the_phones_code_lets_in(client: Client, phone: TOTPDevice) -> None:
    answer = sign_in(client, code_of(phone), next="/admin/donations/donation/")
    assert answer["Location"] == "/admin/donations/donation/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client: Client, phone: TOTPDevice, elsewhere: str) -> None:
    assert sign_in(client, code_of(phone), next=elsewhere)["Location"] == "/admin/"


def test_a_code_counts_once(client: Client, phone: TOTPDevice) -> None:
    code = code_of(phone)
    sign_in(client, code)
    assert sign_in(client, code).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_guessing_is_slowed_down(client: Client, phone: TOTPDevice) -> None:
    sign_in(client, "000000")
    assert sign_in(client, code_of(phone)).status_code == 200, "also the right code, for a moment"


def test_a_recovery_code_lets_in_once(client: Client, phone: TOTPDevice) -> None:
    code = StaticToken.objects.first().token
    assert sign_in(client, f" {code.upper()} ").status_code == 302
    assert sign_in(client, code).status_code == 200


def test_nobody_signs_in_with_anothers_phone(client: Client, phone: TOTPDevice) -> None:
    other = User.objects.create_superuser("other@example.org", PASSWORD)
    TOTPDevice.objects.create(user=other, confirmed=True)
    client.force_login(other)
    assert client.post(STEP, {"code": code_of(phone)}).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_who_has_a_phone_cannot_bind_another_with_the_password_alone(client: Client, phone: TOTPDevice) -> None:
    client.logout()
    client.post("/admin/login/", {"username": "tess@example.org", "password": PASSWORD})
    for answer in (client.get(SET_UP), client.post(SET_UP, {"code": "123456"})):
        assert answer["Location"] == STEP


def test_a_new_phone_takes_the_old_ones_place(client: Client, phone: TOTPDevice, tess: User) -> None:
    old = set(StaticToken.objects.values_list("token", flat=True))
    new = set_up(client)
    assert TOTPDevice.objects.get().key != phone.key
    assert not old & set(new)
    assert StaticDevice.objects.count() == 1


def test_a_superuser_takes_a_lost_phone_and_its_codes_away(client: Client, phone: TOTPDevice) -> None:
    page = "/admin/otp_totp/totpdevice/"
    assert phone.key not in client.get(f"{page}{phone.pk}/change/").content.decode()
    sam = User.objects.create_superuser("sam@example.org", PASSWORD)
    lost = TOTPDevice.objects.create(user=sam, confirmed=True)
    StaticDevice.objects.create(user=sam)
    assert client.post(f"{page}{lost.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not TOTPDevice.objects.filter(user=sam).exists()
    assert not StaticDevice.objects.filter(user=sam).exists()


@pytest.mark.parametrize("page", [STEP, SET_UP])
def test_donors_and_strangers_are_asked_to_sign_in(client: Client, page: str) -> None:
    assert client.get(page)["Location"] == "/admin/login/"
    client.force_login(User.objects.create_user("donor@example.org"))
    assert client.get(page)["Location"] == "/admin/login/"
