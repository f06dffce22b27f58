"""Pages travel compressed, and their length tells nothing."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

ASKS = {"Accept-Encoding": "gzip, br"}


def test_a_page_travels_compressed(client: Client) -> None:
    page = client.get("/donate", headers=ASKS)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"Pick a coin" in gzip.decompress(page.content)


def test_the_same_page_has_many_lengths(client: Client) -> None:
    assert len({len(client.get("/donate", headers=ASKS).content) for _ in range(30)}) > 5


def test_the_form_token_is_another_text_each_time(client: Client) -> None:
    def token() -> str:
        page = gzip.decompress(client.get("/donate", headers=ASKS).content).decode()
        return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]

    assert token() != token()


def test_pages_of_whoever_has_signed_in_are_not_compressed(admin_client: Client) -> None:
    for address in ("/", "/account", "/admin/"):
        assert "Content-Encoding" not in admin_client.get(address, headers=ASKS).headers, address
