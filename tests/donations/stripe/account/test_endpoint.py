"""The webhook endpoint at Stripe: whether it brings this site exactly its events."""

from __future__ import annotations

from typing import Any

import pytest

from donations.stripe import client, parsing
from donations.stripe.account import calls, endpoint
from lib.finding import Level

URL = "https://give.example.org/stripe-webhook/"


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch, settings) -> list[dict[str, Any]]:
    """The account's endpoints, of which one is right; a test changes them."""
    settings.SITE_URL = "https://give.example.org"
    right = {
        "id": "we_1",
        "url": URL,
        "enabled_events": sorted(parsing.EVENT_TYPES),
        "api_version": client.api_version(),
        "status": "enabled",
    }
    found = [{**right, "id": "we_shop", "url": "https://shop.example.org/hook", "enabled_events": ["*"]}, right]
    monkeypatch.setattr(calls, "webhook_endpoints", lambda: found)
    return found


def test_one_that_is_right_is_good(endpoints):
    (finding,) = endpoint.findings()
    assert (finding.level, finding.remedy) == (Level.OK, "")
    assert finding.message == f"{URL} gets exactly our {len(parsing.EVENT_TYPES)} events, in 2026-10-28.endive."


def test_none_is_bad_in_public_and_on_ones_own_machine_there_is_stripe_listen(endpoints, settings):
    del endpoints[1]
    (finding,) = endpoint.findings()
    assert (finding.level, "stripe_check --register" in finding.remedy) == (Level.ERROR, True)
    settings.DEBUG = True
    (finding,) = endpoint.findings()
    assert (finding.level, "stripe listen --latest --forward-to" in finding.remedy) == (Level.WARNING, True)


@pytest.mark.parametrize(
    ("fields", "level", "words"),
    [
        ({"status": "disabled"}, Level.ERROR, "is switched off"),
        (
            {"enabled_events": sorted(parsing.EVENT_TYPES - {"refund.failed"})},
            Level.ERROR,
            "not send refund.failed",
        ),
        (
            {"enabled_events": [*parsing.EVENT_TYPES, "invoice.created"]},
            Level.WARNING,
            "sends invoice.created, which this",
        ),
        ({"enabled_events": ["*"]}, Level.WARNING, "sends every event that there is"),
        ({"api_version": None}, Level.WARNING, "sends the account's own version, not 2026-10-28.endive"),
        ({"api_version": "2026-03-25.dahlia"}, Level.WARNING, "sends 2026-03-25.dahlia, not"),
    ],
)
def test_one_that_is_not_right_says_what_is_wrong_and_what_to_do(endpoints, fields, level, words):
    endpoints[1].update(fields)
    (finding,) = endpoint.findings()
    assert finding.level is level
    assert words in finding.message
    assert "stripe_check --register" in finding.remedy


def test_an_address_without_the_last_stroke_is_ours_as_well(endpoints):
    endpoints[1]["url"] = URL.rstrip("/")
    assert endpoint.findings()[0].level is Level.OK


def test_two_of_them_are_one_too_many_and_the_better_one_counts(endpoints):
    endpoints.insert(0, {**endpoints[1], "id": "we_old", "api_version": "2026-03-25.dahlia"})
    many, good = endpoint.findings()
    assert "More than one endpoint" in many.message
    assert good.level is Level.OK


def test_a_missing_secret_is_told(endpoints, settings):
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert endpoint.findings()[0].message.startswith("STRIPE_WEBHOOK_SECRET is not set")
