"""One slash too many or too few leads to the true address; nothing else is redirected."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db  # a page that is nowhere names the organisation


@pytest.mark.parametrize(
    ("asked", "true"),
    [
        ("/donate/", "/donate"),
        ("/donate/?amount=20&x=%2F", "/donate?amount=20&x=%2F"),
        ("/sponsors/", "/sponsors"),
        ("/login/", "/login"),
        ("/docs/", "/docs"),
        ("/success/?session_id=cs_1", "/success?session_id=cs_1"),
        ("/api/stats", "/api/stats/"),
        ("/admin", "/admin/"),
    ],
)
def test_the_other_form_redirects(client: Client, asked: str, true: str) -> None:
    response = client.get(asked)
    assert (response.status_code, response["Location"]) == (301, true)
    response = client.post(asked)
    assert (response.status_code, response["Location"]) == (308, true), "the body of a POST must survive"


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere/", "/donate//", "//evil.example/", "//evil.example/donate/"])
def test_what_is_nowhere_stays_nowhere(client: Client, path: str) -> None:
    # As PATH_INFO: the test client would take what follows two slashes for a host.
    assert client.generic("GET", "/", PATH_INFO=path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/stripe-webhook", "/api/checkout", "/api/donations/create-checkout-session", "/livez", "/readyz"]
)
def test_machines_are_answered_at_both(client: Client, path: str) -> None:
    for form in (path, path + "/"):
        response = client.post(form, b"not json", content_type="application/json")
        assert not 300 <= response.status_code < 400, form
        assert response.status_code != 404, form


def test_unknown_addresses_below_the_admin_are_not_sent_in_circles(client: Client) -> None:
    response = client.get("/admin/nowhere")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")
