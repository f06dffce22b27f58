"""A page is in the language of its address, else of the visitor's choice, else of the browser's wish."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_languages(settings: Any) -> None:
    cache.clear()
    settings.LANGUAGES = [("ar", "العربية"), ("de", "Deutsch"), ("en", "English")]


@pytest.mark.parametrize(
    ("address", "cookie", "accept", "language"),
    [
        ("/sponsors/lately?lang=de", "ar", "en", "de"),
        ("/sponsors/lately?lang=DE-at", "", "", "de"),
        ("/sponsors/lately", "ar", "de", "ar"),
        ("/sponsors/lately", "", "de-CH, ar", "de"),
        ("/sponsors/lately", "", "it", "en"),
        ("/sponsors/lately", "xx", "de", "de"),
        ("/sponsors/lately?lang=xx", "ar", "de", "ar"),
        ("/sponsors/lately?lang=", "", "de", "de"),
        ("/sponsors/lately?slang=de", "", "", "en"),
        ("/sponsors/lately?lang=de&lang=%00", "", "", "de"),
    ],
)
def test_the_address_counts_more_than_the_choice_and_that_more_than_the_browser(
    client: Client, address: str, cookie: str, accept: str, language: str
) -> None:
    client.cookies["language"] = cookie
    answer = client.get(address, headers={"Accept-Language": accept})
    assert answer["Content-Language"] == language
    assert f'<html lang="{language}"' in answer.content.decode()
    assert {"Accept-Language", "Cookie"} <= {each.strip() for each in answer["Vary"].split(",")}


def test_the_switch_leads_to_the_same_page_and_its_choice_is_kept(client: Client) -> None:
    page = client.get("/donate?amount=20&lang=en").content.decode()
    assert '<a href="?amount=20&amp;lang=de" lang="de" dir="ltr"' in page
    assert '<a href="?amount=20&amp;lang=ar" lang="ar" dir="rtl"' in page
    assert '<span lang="en" dir="ltr" aria-current="true">English</span>' in page
    answer = client.get("/donate?amount=20&lang=de")
    cookie = answer.cookies["language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == ("de", True, "Lax", 31536000)
    assert '<html lang="de"' in client.get("/donate").content.decode()


def test_no_cookie_is_set_where_nothing_was_chosen_or_nothing_is_read(client: Client) -> None:
    assert "language" not in client.get("/donate").cookies
    assert "language" not in client.get("/theme.css?lang=de").cookies
    assert "Cookie" not in client.get("/theme.css").get("Vary", "")


def test_arabic_goes_from_right_to_left(client: Client) -> None:
    assert '<html lang="ar" dir="rtl">' in client.get("/?lang=ar").content.decode()
    assert '<html lang="de">' in client.get("/?lang=de").content.decode()


def test_search_engines_find_every_language_at_an_address_of_its_own(client: Client) -> None:
    page = client.get("/sponsors?lang=de").content.decode()
    assert '<link rel="canonical" href="http://localhost:8000/sponsors?lang=de">' in page
    for code in ("ar", "de", "en"):
        assert f'hreflang="{code}" href="http://localhost:8000/sponsors?lang={code}">' in page
    assert 'hreflang="x-default" href="http://localhost:8000/sponsors">' in page
    assert '<link rel="canonical" href="http://localhost:8000/sponsors">' in client.get("/sponsors").content.decode()
    assert '<link rel="alternate"' not in client.get("/docs/giving?lang=de").content.decode()
    assert '<link rel="alternate"' not in client.get("/logout?lang=de").content.decode()


def test_a_site_with_one_language_offers_no_choice(client: Client, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English")]
    page = client.get("/").content.decode()
    assert "hreflang" not in page
    assert 'class="languages"' not in page


@pytest.mark.django_db(databases=["default", "sandbox"])
@pytest.mark.parametrize("path", ["/admin/login/", "/sandbox/"])
def test_the_staffs_pages_are_in_english(admin_client: Client, path: str) -> None:
    admin_client.cookies["language"] = "ar"
    assert '<html lang="en' in admin_client.get(path, follow=True, headers={"Accept-Language": "de"}).content.decode()
