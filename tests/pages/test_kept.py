"""The public pages as everybody gets them: the same that would be rendered for each, and never old."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.messages import INFO
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import Client, RequestFactory

from donations.wall import messages
from lib.web import kept_page
from organisation.models import Organisation
from tests.pages.test_views import gift, text_of

pytestmark = pytest.mark.django_db

FOR_ALL = ("/", "/sponsors", "/sponsors/lately", "/docs", "/docs/giving")
A_STRANGER = {"Cookie": "session=of-nobody"}  # whoever has one is not shown what was kept
OF_ONE = re.compile(rb'name="(csrfmiddlewaretoken|token|since)" value="[^"]+"')


@pytest.mark.parametrize("address", [*FOR_ALL, "/donate"])
def test_it_is_the_page_that_would_be_rendered(client: Client, address: str) -> None:
    gift("Ada")
    client.get(address)
    kept, rendered = client.get(address), Client().get(address, headers=A_STRANGER)
    assert rendered.context
    assert not kept.context
    assert OF_ONE.sub(b"", kept.content) == OF_ONE.sub(b"", rendered.content)
    for name in kept.headers.keys() - {"ETag", "X-Request-ID", "Content-Length", "Vary"}:
        assert kept[name] == rendered[name]
    assert set(rendered["Vary"].split(", ")) <= set(kept["Vary"].split(", "))


@pytest.mark.parametrize("address", FOR_ALL[1:])  # the front page has a form
def test_no_cookie_is_set_and_the_browser_is_told_when_nothing_has_changed(client: Client, address: str) -> None:
    page = client.get(address)
    again = client.get(address, headers={"If-None-Match": page["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == page["Cache-Control"] == "private, no-cache"
    assert not client.cookies


def test_a_head_has_the_length_and_no_page(client: Client) -> None:
    page = client.get("/docs")
    head = client.head("/docs")
    assert (head.content, head["Content-Length"]) == (b"", str(len(page.content)))


def test_each_donor_has_a_form_of_their_own(client: Client) -> None:
    mine, others = client.get("/donate"), Client().get("/donate")
    for name, cookie in (("token", "token"), ("csrfmiddlewaretoken", "csrf")):
        field = re.compile(f'name="{name}" value="([^"]+)"')
        assert field.findall(mine.content.decode()) != field.findall(others.content.decode())
        assert mine.cookies[cookie].value != others.cookies[cookie].value
    assert f'name="token" value="{mine.cookies["token"].value}"' in mine.content.decode()


def test_the_form_of_a_kept_page_is_taken(db: None) -> None:
    Client().get("/donate")
    donor = Client(enforce_csrf_checks=True)
    page = donor.get("/donate").content.decode()
    sent = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]+)"', page)) | {"amount": "other"}
    assert donor.post("/donate", sent | {"other_amount": "nothing"}).status_code == 422
    assert donor.post("/donate", sent | {"csrfmiddlewaretoken": "x" * 64}).status_code == 403


def test_a_gift_is_on_the_page_within_five_seconds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_page, "monotonic", lambda: datetime.now(UTC).timestamp())
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        client.get("/api/stats/")
        gift("Ada", amount=2000)
        clock.shift(2.9)
        assert "Ada" in text_of(client.get("/"))  # kept, with the totals of before
        clock.shift(2)
        assert "$20 raised so far, in 1 gift" in text_of(client.get("/"))


def test_what_the_organisation_says_of_itself_is_there_at_once(client: Client) -> None:
    client.get("/")
    Organisation(name="Gauges for all").save()
    assert "Gauges for all" in text_of(client.get("/"))


def test_a_name_that_is_taken_back_is_gone_at_once(
    client: Client, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]]
) -> None:
    donation = gift("Ada")
    assert "Ada" in text_of(client.get("/sponsors"))
    with django_capture_on_commit_callbacks(execute=True):
        messages.save(donation, name="Ada", message="", public=False, show_amount=False)
    assert "Ada" not in text_of(client.get("/sponsors"))


def test_staff_see_it_as_it_is(client: Client, admin_client: Client) -> None:
    client.get("/sponsors")
    gift("Ada")
    assert "Ada" not in text_of(client.get("/sponsors"))
    assert "Ada" in text_of(admin_client.get("/sponsors"))


def test_a_word_to_one_visitor_is_read_by_that_one(client: Client, rf: RequestFactory) -> None:
    client.get("/")
    storage = CookieStorage(rf.get("/"))
    storage.add(INFO, "You are logged out.")
    storage.update(answer := HttpResponse())
    told = Client()
    told.cookies = answer.cookies
    assert "You are logged out." in text_of(told.get("/"))
    assert "You are logged out." not in text_of(client.get("/"))
    assert "You are logged out." not in text_of(told.get("/"))


def test_a_page_that_is_not_there_stays_not_there(client: Client) -> None:
    for _ in range(2):
        assert client.get("/docs/none").status_code == 404


def test_what_was_asked_for_is_on_no_other_page(client: Client) -> None:
    assert b"xyzzy" in client.get("/docs?q=xyzzy").content
    assert b"xyzzy" not in client.get("/docs").content
    assert b'value="7"' in client.get("/donate?amount=7").content
    assert b'value="7"' not in client.get("/donate").content
