"""A demo site in public: what happened at its "Stripe" is for the site, and for its staff."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from sandbox.models import Event
from tests.project.running import SECRET_KEY, python

pytestmark = pytest.mark.django_db(databases=["default", "sandbox"])

OWN = "sk_test_of_the_site"
CONSOLE = "/sandbox/"


@pytest.fixture(autouse=True)
def _in_public(settings: Any) -> None:
    settings.SANDBOX_KEY = OWN


@pytest.mark.parametrize("path", ["checkout/sessions", "events", "payment_intents", "test_helpers/sandbox"])
def test_another_key_than_the_sites_opens_nothing(client: Client, path: str) -> None:
    for key in ("sk_test_1", "sk_test_sandbox", "rk_test_1", "sk_test_at_Second", OWN[:-1], f"{OWN}x", "sk_test_ä"):
        for method in (client.get, client.post):
            answer = method(f"/sandbox/v1/{path}", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 401, key
            assert answer.json()["error"]["message"].startswith("Invalid API Key provided")
    assert client.get(f"/sandbox/v1/{path}", headers={"Authorization": f"Bearer {OWN}"}).status_code == 200


def test_a_visitor_sees_no_console_and_moves_nothing(client: Client) -> None:
    for answer in (client.get(CONSOLE), client.post(CONSOLE, {"action": "stranger"})):
        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/sandbox/")
    client.force_login(User.objects.create_user("donor@example.org", "x", verified_at=timezone.now()))
    assert client.get(CONSOLE).status_code == client.post(CONSOLE, {"action": "stranger"}).status_code == 403
    assert not Event.objects.exists()


def test_the_staff_use_it_as_before(client: Client, settings: Any) -> None:
    client.force_login(User.objects.create_user("staff@example.org", "x", is_staff=True))
    assert client.get(CONSOLE).status_code == 200
    assert client.post(CONSOLE, {"action": "stranger"}).status_code == 303
    settings.STAFF_TWO_FACTOR = True
    assert client.get(CONSOLE).status_code == 302, "with the second step, where one is asked for"


def test_donors_pay_without_a_key(client: Client) -> None:
    assert client.get("/sandbox/pay/cs_test_none").status_code == 404


@pytest.mark.parametrize(("debug", "known"), [("true", True), ("false", False)])
def test_the_key_that_everybody_knows_is_for_ones_own_machine(debug: str, known: bool) -> None:
    asked = "from django.conf import settings as s; print(s.STRIPE_SECRET_KEY, s.SANDBOX_KEY, sep='|')"
    told = python("-c", asked, SECRET_KEY=SECRET_KEY, DEBUG=debug, SANDBOX="true", EMAIL_URL="dummymail://").stdout
    key, only = told.strip().split("|")
    assert (key == "sk_test_sandbox") == known
    assert only == ("" if known else key)
    assert len(key) > 8
