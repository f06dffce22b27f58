"""Stripe's page speaks the donor's language, and is never asked for one that Stripe refuses."""

from __future__ import annotations

import pytest
from django.conf.locale import LANG_INFO
from django.core.cache import cache
from django.test import Client

from donations.models import Donation
from donations.stripe.checkout import locales
from sandbox.api.params import LOCALES


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("", ""),
        ("en", "en"),
        ("en-gb", "en-GB"),
        ("en-au", "en"),
        ("de-at", "de"),
        ("pt-br", "pt-BR"),
        ("pt_BR", "pt-BR"),
        ("es-mx", "es-419"),
        ("zh-hans", "zh"),
        ("zh-hant", "zh-TW"),
        ("nn", "nb"),
        ("hi", "hi-IN"),
        ("ar", ""),
        ("de-abcdefg", "de"),
    ],
)
def test_a_language_has_the_name_that_stripe_gives_it(language, locale):
    assert locales.for_checkout(language) == locale


@pytest.mark.parametrize("language", LANG_INFO)
def test_no_language_of_django_leads_to_a_locale_that_stripe_refuses(language):
    assert locales.for_checkout(language) in {"", *LOCALES}


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
@pytest.mark.parametrize(("accept", "locale"), [("en-GB", "en-GB"), ("fr", "fr"), ("ar", None), ("", None)])
def test_the_page_to_pay_on_follows_the_donor(accept, locale, client: Client, stripe: str):
    from donations.stripe import client as stripe_client

    cache.clear()
    client.post("/donate", {"amount": "20", "token": "t"}, headers={"Accept-Language": accept})
    gift = Donation.objects.get()
    assert stripe_client.retrieve(gift.session_id)["locale"] == locale
