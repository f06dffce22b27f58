"""Error pages: in the site's clothes, and useful even where the database is away."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from organisation import models
from project import urls

BROKEN = {"database": OperationalError("password=hunter2 refused"), "bug": RuntimeError("hunter2")}


def broken(request: HttpRequest, kind: str) -> HttpResponse:
    raise BROKEN[kind]


urlpatterns = [*urls.urlpatterns, path("broken/<str:kind>", broken)]
handler403, handler404, handler500 = urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def visitor(client: Client, settings) -> Client:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("password=hunter2 refused")

    monkeypatch.setattr(models.Organisation.objects, "defer", away)
    monkeypatch.setattr(SessionStore, "load", away)


@pytest.mark.usefixtures("no_database")
def test_a_missing_page_needs_no_database(visitor: Client) -> None:
    response = visitor.get("/nothing-here")
    assert response.status_code == 404
    assert b"in the book." in response.content


@pytest.mark.usefixtures("no_database")
def test_whoever_has_signed_in_is_told_that_the_site_is_closed_for_repairs(visitor: Client, settings) -> None:
    visitor.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    response = visitor.get("/nothing-here")
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert b"Closed for repairs." in response.content


@pytest.mark.parametrize(("kind", "status", "says"), [("database", 503, "Closed for"), ("bug", 500, "We dropped")])
def test_a_database_that_is_away_is_no_bug(visitor: Client, kind: str, status: int, says: str) -> None:
    response = visitor.get(f"/broken/{kind}")
    assert response.status_code == status
    assert says in response.content.decode()
    assert b"hunter2" not in response.content


@pytest.mark.django_db
def test_nobody_lists_an_error(visitor: Client) -> None:
    assert b'<meta name="robots" content="noindex">' in visitor.get("/nothing-here").content


# --- Forms that are refused ------------------------------------------------------------------------------------------

OWN, HIDDEN, ELSEWHERE = "waited too long", "can’t see where this form came from", "came from another address"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"origin": "null"}, HIDDEN),
        ({"origin": "https://evil.example"}, ELSEWHERE),
        ({"origin": "http://testserver"}, OWN),
        ({}, OWN),
    ],
)
def test_a_refused_form_is_told_its_own_cause(headers: dict[str, str], says: str) -> None:
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get("/donate").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"amount": "20", "csrfmiddlewaretoken": token if headers else ""}
    if says == OWN:
        form["csrfmiddlewaretoken"] = ""
    answer = visitor.post("/donate", form, headers=headers)
    assert answer.status_code == 403
    text = answer.content.decode()
    assert [cause for cause in (OWN, HIDDEN, ELSEWHERE) if cause in text] == [says]
    assert "evil" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("referer", "says"),
    [("", HIDDEN), ("nonsense", HIDDEN), ("https://evil.example/", ELSEWHERE), ("http://testserver/", ELSEWHERE)],
)
def test_on_https_a_browser_without_origin_is_known_by_its_referer(referer: str, says: str) -> None:
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get("/donate", secure=True).content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    headers = {"referer": referer} if referer else {}
    answer = visitor.post("/donate", {"amount": "20", "csrfmiddlewaretoken": token}, headers=headers, secure=True)
    assert (answer.status_code, says in answer.content.decode()) == (403, True)
