"""Nothing reaches a view or a database that the one cannot read and the other cannot keep."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db

LATIN = "application/x-www-form-urlencoded; charset=iso-8859-1"


@pytest.fixture
def strict() -> Client:
    """A browser that has been here before, so that Django's CSRF check reads what it posts."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get("/login")
    return client


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[tuple[str, str]]:
    """Every address of the site, and that with NUL in the place of each of its values."""
    for pattern in patterns:
        at = before + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, at)
        else:
            yield at, re.sub(r"<[^>]*>|\(\?P<[^)]*\)", "\0", at)


ADDRESSES = list(addresses(get_resolver().url_patterns))


def test_no_address_takes_a_nul(client: Client) -> None:
    asked = {filled for _, filled in ADDRESSES if "\0" in filled}
    assert len(asked) > 20
    for path in asked:
        assert client.get(quote(path)).status_code == 404, path


@pytest.mark.parametrize("path", ["/", "/donate", "/sponsors", "/login", "/success", "/docs", "/admin/login/"])
def test_no_question_takes_a_nul(client: Client, path: str) -> None:
    for query in ("session_id=%00", "q=a%00b", "%00=1", "next=/%00"):
        assert client.get(f"{path}?{query}").status_code == 400, query


@pytest.mark.parametrize("name", [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "gifts", "language"])
def test_no_cookie_takes_a_nul(client: Client, name: str) -> None:
    assert client.get("/account", HTTP_COOKIE=f'{name}="\\000"').status_code == 400


def test_every_form_says_itself_what_is_wrong_with_a_nul(client: Client) -> None:
    for path in ("/login", "/register", "/donate", "/admin/login/", "/password-reset"):
        answer = client.post(path, {"email": "a\0@example.org", "username": "a\0", "password": "\0", "next": "\0"})
        assert answer.status_code in {200, 422}, path
        assert "Null characters are not allowed." in answer.content.decode() or path == "/donate"


def test_the_desk_takes_none_either(admin_client: Client) -> None:
    for path in ("/admin/mail/mail/", "/admin/donations/stripeevent/", "/admin/donations/donation/1/looked-at/"):
        answer = admin_client.post(path, {"action": "replay", "_selected_action": "evt_\0", "flags": "\0"})
        assert answer.status_code == 400, path


@pytest.mark.parametrize("body", ['{"amount": 5, "name": "\\u0000"}', '{"amount": 5, "name": "\\ud800"}', '"\\ud800"'])
def test_the_api_refuses_them_in_its_own_words(client: Client, body: str) -> None:
    answer = client.post("/api/donations/create-checkout-session/", body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "kind", [LATIN, "text/plain; charset=rot13", "multipart/form-data; boundary=x; charset=utf-7", "a/b; charset=none"]
)
def test_another_writing_than_utf_8_is_415_before_anything_reads_it(
    strict: Client, kind: str, settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for debug in (False, True):
            settings.DEBUG = debug
            for path in ("/login", "/donate", "/admin/login/", "/nowhere", "/api/checkout/"):
                answer = strict.generic("POST", path, b"a=b", content_type=kind)
                assert answer.status_code == 415, path
                assert "UTF-8" in answer.content.decode()
    assert len(caplog.records) == 10, "one line for each"
    assert not any(record.exc_info for record in caplog.records)


def test_utf_8_is_taken_however_it_is_written(client: Client) -> None:
    for charset in ("utf-8", "UTF-8", "utf8", '"utf-8"'):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        assert client.post("/login", "email=a&password=b", content_type=kind).status_code == 422


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 403),
        ("application/x-www-form-urlencoded", b"a=1&" * 300, 400),
        ("application/x-www-form-urlencoded", b"a" * 300_000, 413),
    ],
    ids=["no boundary", "no part", "too many fields", "too large"],
)
def test_a_body_that_cannot_be_read_is_one_line_of_log(
    strict: Client, kind: str, body: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = strict.post("/login", body, content_type=kind)
    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()
    [line] = caplog.records
    assert not line.exc_info
    assert line.getMessage().startswith(f"POST /login {status} ")
    assert line.getMessage().endswith(")"), "and why"


def test_another_host_is_one_line_of_log_that_says_so(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert client.get("/", HTTP_HOST="evil.example").status_code == 400
    [line] = caplog.records
    assert line.getMessage().endswith("(DisallowedHost)")
