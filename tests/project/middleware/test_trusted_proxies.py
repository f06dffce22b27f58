"""Whose word about an address is believed: exactly as many hops as the operator owns."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from project.middleware.trusted_proxies import ProxyMiddleware


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.7", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.66, 203.0.113.7", "203.0.113.7"),
        (1, "203.0.113.7 ", "203.0.113.7"),
        (1, "198.51.100.66,203.0.113.7,", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "203.0.113.7, <script>", "10.0.0.1"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "2001:0DB8:0:0::7", "2001:db8::7"),
        (1, "198.51.100.66:80, 203.0.113.7:51034", "203.0.113.7"),
        (1, "[2001:db8::7]:51034", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, "203.0.113.7:51034:9", "10.0.0.1"),
        (2, "203.0.113.7", "10.0.0.1"),
        (2, "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "198.51.100.66, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "198.51.100.66, nonsense, 10.0.0.2", "10.0.0.1"),
    ],
)
def test_the_address_that_counts(settings, proxies: int, forwarded: str | None, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    ProxyMiddleware(view)(RequestFactory(REMOTE_ADDR="10.0.0.1").get("/", headers=headers))
    assert seen == [address]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "secure"),
    [
        (0, "https", False),
        (1, None, False),
        (1, "https", True),
        (1, "http", False),
        (1, "https, http", False),
        (1, "http, https", True),
        (2, "https", True),
        (2, "http, https, http", True),
        (2, "https, http, https", False),
    ],
)
def test_the_scheme_that_counts(settings, proxies: int, forwarded: str | None, secure: bool) -> None:
    settings.TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    headers = {} if forwarded is None else {"X-Forwarded-Proto": forwarded}
    seen: list[bool] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.is_secure())
        return HttpResponse()

    ProxyMiddleware(view)(RequestFactory().get("/", headers=headers))
    assert seen == [secure]
