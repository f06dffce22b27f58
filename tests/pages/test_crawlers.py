"""What search engines and link previews are told."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from organisation.models import Organisation

pytestmark = pytest.mark.django_db

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
    described = re.search(r'<meta name="description" property="og:description" content="([^"]{20,})">', page)
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
