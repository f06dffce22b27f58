"""One host, at its root: a donor's cookies are where the way back from Stripe ends."""

from __future__ import annotations

import pytest
import pytest_django
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

PAGES = ["/donate", "/donate?amount=20&x=%C3%A4", "/login", "/", "/account", "/nowhere", "/admin/", "/stripe-webhook-x"]
MACHINES = [
    "/livez",
    "/readyz",
    "/api/stats/",
    "/stripe-webhook/",
    "/stripe-webhook",
    "/sandbox/",
    "/sandbox/v1/events",
]

pytestmark = pytest.mark.django_db(databases=["default", "sandbox"])


@pytest.fixture
def names(settings: pytest_django.Settings) -> None:
    """A site with several names."""
    settings.SITE_URL, settings.SITE_HOST = "https://give.example.org", "give.example.org"
    settings.ALLOWED_HOSTS = ["give.example.org", "www.example.org", ".example.net", "127.0.0.1", "10.0.0.5"]
    settings.OTHER_HOSTS = ["give.example.org", "www.example.org", ".example.net", "10.0.0.5"]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    "host", ["www.example.org", "WWW.Example.org:8443", "www.example.org.", "a.example.net", "10.0.0.5"]
)
@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_by_another_name_is_sent_to_the_sites_own_before_a_cookie_is_set(
    client: Client, host: str, path: str
) -> None:
    for ask in (client.get, client.head):
        answer = ask(path, headers={"host": host})
        assert (answer.status_code, answer["Location"]) == (302, f"https://give.example.org{path}")
        assert not answer.cookies
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("path", MACHINES)
def test_machines_are_never_redirected(client: Client, path: str) -> None:
    assert client.get(path, headers={"host": "www.example.org"}).status_code in {200, 401, 405}


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("path", ["/donate", "/login", "/stripe-webhook/", "/api/checkout/"])
def test_what_is_posted_is_never_redirected(client: Client, path: str) -> None:
    assert client.post(path, headers={"host": "www.example.org"}).status_code != 302


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("host", ["give.example.org", "Give.Example.org:8000", "127.0.0.1:8000"])
def test_the_sites_own_name_and_a_proxy_that_does_not_pass_it_on_are_served(client: Client, host: str) -> None:
    assert client.get("/donate", headers={"host": host}).status_code == 200


@pytest.mark.usefixtures("names")
def test_a_strange_host_is_still_refused(client: Client) -> None:
    assert client.get("/donate", headers={"host": "evil.example"}).status_code == 400


def test_on_a_developers_machine_the_names_of_the_machine_are_one(client: Client) -> None:
    answer = client.get("/donate?amount=5", headers={"host": "127.0.0.1:8000"})
    assert (answer.status_code, answer["Location"]) == (302, "http://localhost:8000/donate?amount=5")


@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=20))
def test_no_path_leads_anywhere_else(path: str) -> None:
    answer = Client().generic("GET", "/", PATH_INFO=f"//{path}", headers={"host": "127.0.0.1:8000"})
    assert answer.status_code in {302, 400, 503, 200, 401, 404, 405}
    if answer.status_code == 302:
        assert answer["Location"].startswith("http://localhost:8000/")


@pytest.mark.parametrize("told", [{"SCRIPT_NAME": "/give"}, {"HTTP_X_FORWARDED_PREFIX": "/give"}])
def test_below_a_path_the_site_says_that_it_cannot_be_there(client: Client, told: dict[str, str]) -> None:
    answer = client.get("/donate", **told)  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert "cannot be served below a path (/give)" in answer.content.decode()
    assert not answer.cookies


def test_a_prefix_of_nothing_is_no_path(client: Client) -> None:
    assert client.get("/donate", headers={"x-forwarded-prefix": "/"}).status_code == 200
