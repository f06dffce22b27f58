"""With DEBUG, a mistyped address shows the site's own page, and Django's one click below."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

# One that no view answers, and one whose view finds nothing.
MISSING = ["/nothing-here", "/docs/nothing-here"]


@pytest.mark.parametrize("path", MISSING)
def test_with_debug_it_is_the_sites_own_page_with_the_technical_one_below(client: Client, settings, path: str):
    settings.DEBUG = True
    response = client.get(path)
    assert response.status_code == 404
    assert b"in the book." in response.content
    assert b'href="?technical"' in response.content
    technical = client.get(f"{path}?technical")
    assert technical.status_code == 404
    assert b"<code>DEBUG = True</code>" in technical.content


@pytest.mark.parametrize("path", MISSING)
def test_without_debug_nothing_technical_is_offered(client: Client, path: str):
    response = client.get(f"{path}?technical")
    assert response.status_code == 404
    assert b"in the book." in response.content
    assert b'href="?technical"' not in response.content


def test_a_slash_too_many_is_still_mended(client: Client, settings):
    settings.DEBUG = True
    assert client.get("/donate/").status_code == 301
