"""A site on https, as the outside sees it: the real server with the variables that an operator would set."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.project.running import Running

Start = Callable[..., Running]

HOST = {"Host": "give.example.org"}
HTTPS = HOST | {"X-Forwarded-Proto": "https"}
VARIABLES = {
    "DEBUG": "false",
    "SANDBOX": "true",
    "SITE_URL": "https://give.example.org",
    "EMAIL_URL": "consolemail://",
}


@pytest.mark.slow
def test_behind_one_proxy(site: Start) -> None:
    server = site(**VARIABLES, TRUSTED_PROXIES="1")
    assert server.greeting == "Tincup is at https://give.example.org (sandbox: no real money moves)"

    # A visitor who came by https is served; one who came by http, or by a proxy that does not say, is sent there.
    assert server.ask("GET", "/donate", HTTPS).status == 200
    for headers in (HOST, HOST | {"X-Forwarded-Proto": "http"}, HOST | {"X_Forwarded_Proto": "https"}):
        answer = server.ask("GET", "/donate?amount=20", headers)
        assert answer.status == 301
        assert answer.headers["Location"] == "https://give.example.org/donate?amount=20"

    # Machines are never redirected.
    assert server.ask("POST", "/stripe-webhook/", HOST, b"{}").status == 400
    assert server.ask("POST", "/stripe-webhook", HOST, b"{}").status == 400
    assert server.ask("GET", "/livez", {"Host": "10.0.0.9"}).status == 200
    assert server.ask("GET", "/readyz", {"Host": "10.0.0.9"}).status == 200
    assert server.ask("POST", "/sandbox/v1/checkout/sessions", HOST, b"").status == 401

    # Cookies cannot be set from another host or over http.
    answer = server.ask("GET", "/login", HTTPS)
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-"), cookie
        assert {"secure", "path=/", "httponly", "samesite=lax"} <= set(cookie.lower().split("; ")), cookie
        assert "domain=" not in cookie.lower(), cookie

    # Every file is named by its content, compressed, kept for ever, and under the same headers as a page.
    pages = server.ask("GET", "/donate", HTTPS).text + server.ask("GET", "/", HTTPS).text
    names = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', pages))
    assert {name.rsplit(".", 1)[1] for name in names} >= {"css", "js"}
    for name in names:
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", name), name
        answer = server.ask("GET", name, HTTPS | {"Accept-Encoding": "identity"})
        assert answer.status == 200, name
        assert "immutable" in answer.headers["Cache-Control"], name
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], name

    for path in ("/donate", "/nowhere", "/livez", "/stripe-webhook/", "/static/nowhere.css", "/admin/login/"):
        assert server.ask("GET", path, HTTPS).headers["Strict-Transport-Security"] == "max-age=31536000", path


@pytest.mark.slow
def test_without_a_proxy_a_claimed_scheme_counts_for_nothing_and_nothing_loops(site: Start) -> None:
    server = site(**VARIABLES)
    for headers in (HOST, HTTPS, HOST | {"X-Forwarded-Proto": "http"}, HTTPS | {"X-Forwarded-Host": "evil.example"}):
        assert server.ask("GET", "/donate", headers).status == 200
    assert server.ask("GET", "/donate", {"Host": "evil.example"}).status == 400
    assert server.ask("GET", "/donate", {"Host": "evil.example", "X-Forwarded-Host": "give.example.org"}).status == 400


@pytest.mark.slow
def test_a_live_site_listens_everywhere_and_a_developers_only_here(site: Start) -> None:
    # 127.0.0.2 is this machine too, but not the address that a developer's server listens on.
    with site(**VARIABLES).connect(host="127.0.0.2"):
        pass
    with pytest.raises(ConnectionRefusedError):
        site(DEBUG="true").connect(host="127.0.0.2")
