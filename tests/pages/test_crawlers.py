"""What search engines and link previews are told."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from organisation.models import Organisation

pytestmark = pytest.mark.django_db

TEMPLATES = settings.BASE_DIR / "templates"
PUBLIC = ("/", "/donate", "/sponsors", "/docs", "/docs/giving")


def test_robots_are_kept_from_what_is_one_persons_own(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=3600"
    lines = response.content.decode().splitlines()
    assert "Sitemap: http://localhost:8000/sitemap.xml" in lines
    assert {"Disallow: /account", "Disallow: /success", "Disallow: /admin/"} <= set(lines)


def test_every_address_of_the_sitemap_is_a_page_that_may_be_listed(client: Client) -> None:
    addresses = re.findall(r"<loc>http://localhost:8000(.*?)</loc>", client.get("/sitemap.xml").content.decode())
    assert set(PUBLIC) <= set(addresses)
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200
        assert f'<link rel="canonical" href="http://localhost:8000{address}">' in page.content.decode()
        assert "noindex" not in page.content.decode()


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_says_what_it_is(client: Client, address: str) -> None:
    Organisation(name="Salt & Marsh", tagline='Tide tables "for all"').save()
    page = client.get(address).content.decode()
    assert page.count("<title>") == 1
    described = re.search(r'<meta name="description" property="og:description"\s+content="([^"]{20,})">', page)
    assert described
    if address != "/docs/giving":
        assert "Tide tables &quot;for all&quot;" in described[1]
    assert 'og:site_name" content="Salt &amp; Marsh"' in page
    assert re.search(r'<meta property="og:title" content="[^"]+">', page)


@pytest.mark.parametrize("address", ["/", "/donate"])
def test_the_invitation_to_donate_can_be_read_by_machines_and_ends_no_element(client: Client, address: str) -> None:
    Organisation(name="</script><b>Salt", tagline="a & b").save()
    page = client.get(address).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found
    action = json.loads(found[1])
    assert action["@type"] == "DonateAction"
    assert action["recipient"]["name"] == "</script><b>Salt"
    assert action["target"]["urlTemplate"] == "http://localhost:8000/donate"
    assert "<b>Salt" not in page


def test_search_engines_list_no_other_page() -> None:
    """Every page of one person's own, and every page that says what went wrong, extends unlisted.html."""
    public = {"home", "donate", "sponsors", "sponsors_level", "sponsors_lately", "docs", "doc", "login", "register"}
    listed = {file.stem for file in TEMPLATES.rglob("*.html") if '{% extends "base.html" %}' in file.read_text()}
    assert listed == public | {"unlisted"}


@pytest.mark.parametrize("address", ["/account", "/account/settings", "/account/data", "/account/statement", "/logout"])
def test_a_page_of_ones_own_is_not_listed_and_has_no_picture_for_links(client: Client, address: str) -> None:
    client.force_login(User.objects.create_user("ada@example.org", "correct horse battery"))
    text = client.get(address).content.decode()
    assert '<meta name="robots" content="noindex">' in text
    assert "og:" not in text
    assert 'rel="canonical"' not in text
