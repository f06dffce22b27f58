"""The language of a page is the visitor's, as far as the site speaks it; money and dates follow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import translation

from donations.domain.updates import Payment, StripeUpdate
from donations.ledger import posting
from donations.models import Donation
from lib import languages

pytestmark = pytest.mark.django_db


@pytest.fixture
def german(settings):
    """A site that speaks German as well."""
    cache.clear()
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]


def given() -> None:
    at = datetime(2025, 11, 20, 12, tzinfo=UTC)
    gift = Donation.objects.create(
        amount=1250, currency="usd", public=True, show_amount=True, name="Ada", created_at=at, expires_at=at
    )
    posting.post(StripeUpdate(at=at, donation=gift.uuid, refs=("pi_1",), change=Payment("pi_1", 1250, "usd")))


def asked(client: Client, accept: str) -> str:
    response = client.get("/sponsors/lately", headers={"Accept-Language": accept})
    assert "Accept-Language" in response["Vary"]
    return response.content.decode()


@pytest.mark.parametrize(
    ("accept", "lang", "money", "date"),
    [
        ("de-AT,en;q=0.5", "de", "12,50\xa0$", "20. November 2025"),
        ("fr, de;q=0.1", "de", "12,50\xa0$", "20. November 2025"),
        ("en-GB", "en", "$12.50", "20 November 2025"),
        ("fr", "en", "$12.50", "20 November 2025"),
        ("", "en", "$12.50", "20 November 2025"),
        ("*;q=x, \x01", "en", "$12.50", "20 November 2025"),
    ],
)
def test_money_and_dates_are_written_in_the_language_of_the_visitor(accept, lang, money, date, german, client):
    given()
    page = asked(client, accept)
    assert f'<html lang="{lang}"' in page
    assert money in page
    assert date in page


def test_a_site_speaks_no_language_that_only_django_speaks(client):
    assert '<html lang="en"' in asked(client, "it")


@pytest.mark.parametrize(
    ("accept", "active", "wished"),
    [
        ("de-AT,en;q=0.5", "de", "de-at"),
        ("en-GB", "en", "en-gb"),
        ("fr,en;q=0.5", "en", "en"),
        ("fr", "en", ""),
        ("", "en", ""),
        ("de-abcdefgh-ijklmnop", "de", "de-abcdefg"),
    ],
)
def test_what_the_browser_asked_for_is_told_from_what_the_site_fell_back_on(accept, active, wished, german):
    request = RequestFactory().get("/", headers={"Accept-Language": accept})
    with translation.override(active):
        assert languages.wished(request) == wished


def test_a_site_speaks_english_and_what_has_a_compiled_catalogue(tmp_path):
    for folder in ("fr", "pt_BR"):
        (tmp_path / folder / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / folder / "LC_MESSAGES" / "django.mo").touch()
    (tmp_path / "it" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "it" / "LC_MESSAGES" / "django.po").touch()
    translated = {"fr": "français", "pt-br": "Português Brasileiro"}
    assert dict(languages.spoken(tmp_path, "fr")) == {"en": "English", **translated}
    assert dict(languages.spoken(tmp_path, "en-gb")) == {"en-gb": "British English", **translated}


def test_who_chose_a_language_is_asked_for_money_in_it_whatever_the_browser_says(german):
    request = RequestFactory().get("/", headers={"Accept-Language": "fr"})
    request.COOKIES["language"] = "de"
    with translation.override("de"):
        assert languages.wished(request) == "de"
    with translation.override("en"):
        assert languages.wished(request) == ""


@pytest.mark.parametrize(
    ("kept", "language"), [("de-at", "de"), ("de", "de"), ("en-gb", "en"), ("it", "en"), ("", "en"), ("x" * 10, "en")]
)
def test_people_are_written_to_in_the_language_that_was_kept_if_the_site_still_speaks_it(kept, language, german):
    assert languages.of(kept) == language
