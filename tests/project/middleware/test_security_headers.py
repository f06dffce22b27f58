"""The security headers, word for word, on everything that the site answers."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from project import urls
from project.middleware.security_headers import HeadersMiddleware, content_security_policy

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self' https://checkout.stripe.com "
    "https://billing.stripe.com https://invoice.stripe.com; frame-ancestors 'none'"
)
ALWAYS = {
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.fixture
def at_stripe(settings) -> None:
    settings.SANDBOX = False
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    settings.STRIPE_CHECKOUT_ORIGIN = ""


@pytest.mark.usefixtures("at_stripe")
def test_the_policy_of_a_real_site() -> None:
    assert content_security_policy() == POLICY


@pytest.mark.usefixtures("at_stripe")
@pytest.mark.parametrize(
    ("changed", "targets"),
    [
        ({"STRIPE_CHECKOUT_ORIGIN": "https://pay.example.org"}, "https://pay.example.org"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:12111/v"}, "http://127.0.0.1:12111"),
        (
            {"SANDBOX": True, "STRIPE_API_BASE": "http://127.0.0.1:8000/sandbox", "SITE_URL": "http://localhost:8000"},
            "http://127.0.0.1:8000 http://localhost:8000",
        ),
    ],
)
def test_only_the_forms_may_leave_and_only_to_where_the_gift_is_paid(settings, changed, targets: str) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    stripe = "https://checkout.stripe.com https://billing.stripe.com https://invoice.stripe.com"
    assert content_security_policy() == POLICY.replace(stripe, f"{stripe} {targets}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        *(("/", 200), ("/donate", 200), ("/login", 200), ("/docs", 200), ("/sponsors", 200), ("/api/stats/", 200)),
        *(("/admin/login/", 200), ("/admin/", 302), ("/donate/", 301), ("/nowhere", 404), ("/stripe-webhook/", 405)),
        *(("/livez", 200), ("/static/nowhere.css", 404)),
    ],
)
def test_every_answer_carries_them(client: Client, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert response["Content-Security-Policy"] == content_security_policy()
    assert {name: response[name] for name in ALWAYS} == ALWAYS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "kept"),
    [
        *((path, "private, no-cache") for path in ("/", "/donate", "/sponsors", "/docs", "/nowhere")),
        *((path, "no-store") for path in ("/cancel", "/login", "/admin/login/", "/livez")),
        ("/robots.txt", "max-age=3600"),
    ],
)
def test_every_answer_says_whether_it_may_be_kept(client: Client, address: str, kept: str) -> None:
    assert kept in client.get(address)["Cache-Control"]


def test_errors_carry_them_too(client: Client) -> None:
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert response["Content-Security-Policy"] == content_security_policy()


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("hunter2")


urlpatterns = [*urls.urlpatterns, path("broken", broken)]


def test_an_unexpected_error_carries_them_and_says_nothing(client: Client, settings) -> None:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    response = client.get("/broken")
    assert response.status_code == 500
    assert response["Content-Security-Policy"] == content_security_policy()
    assert b"hunter2" not in response.content


def test_no_page_has_what_the_policy_forbids(client: Client, db: None) -> None:
    for address in ("/", "/donate", "/login", "/register", "/docs", "/sponsors", "/nowhere"):
        page = client.get(address).content.decode().lower()
        for forbidden in ("<style", ' style="', "<script>", " onclick=", " onsubmit="):
            assert forbidden not in page, address


@pytest.mark.parametrize("hsts", ["", "max-age=31536000"])
def test_hsts_is_for_https_sites(settings, rf, hsts: str) -> None:
    settings.HSTS = hsts
    response = HeadersMiddleware(lambda _: HttpResponse())(rf.get("/"))
    assert response.headers.get("Strict-Transport-Security", "") == hsts
