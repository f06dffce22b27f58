"""What the account tells of itself: each thing that can be wrong in one line, with what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from donations.stripe.account import calls, check, permissions
from donations.stripe.errors import Refused, StripeUnavailable
from lib.finding import Finding, Level
from sandbox.objects import account


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Stripe tells of the account; a test changes it."""
    built = account.build("usd")
    monkeypatch.setattr(calls, "account", lambda: built)
    return built


def one(name: str) -> Finding:
    (finding,) = [finding for finding in check.account() if finding.name == name]
    return finding


def test_an_account_in_order_is_good(told):
    assert {finding.level for finding in check.account()} == {Level.OK}
    assert one("payouts").message == "Paid out daily, 2 days after a gift."
    assert one("descriptor").message == 'Donors read "TINCUP SANDBOX" on their bank statement.'


def test_a_currency_that_is_not_the_accounts_is_something_to_look_at(told, settings):
    settings.DONATION_CURRENCY = "eur"
    assert one("currency").level is Level.WARNING
    assert "Gifts are in EUR, the account is in USD" in one("currency").message


@pytest.mark.parametrize(("live", "level"), [(True, Level.ERROR), (False, Level.WARNING)])
def test_an_account_that_may_not_take_money_is_bad_when_it_is_meant(told, settings, live, level):
    settings.STRIPE_LIVE = live
    told |= {"charges_enabled": False, "payouts_enabled": False}
    told["requirements"] = {"currently_due": ["external_account", "tos_acceptance.date"]}
    assert one("account").level is one("payouts").level is level
    assert "questions of Stripe's that are open: 2" in one("account").message


def test_payouts_by_hand_are_something_to_look_at(told):
    told["settings"]["payouts"]["schedule"]["interval"] = "manual"
    assert one("payouts").level is Level.WARNING
    assert "automatic" in one("payouts").remedy


def test_a_missing_descriptor_is_something_to_look_at(told):
    told["settings"]["payments"]["statement_descriptor"] = None
    assert one("descriptor").message == 'Donors read "SANDBOX" on their bank statement.'
    told["settings"]["card_payments"]["statement_descriptor_prefix"] = None
    assert one("descriptor").level is Level.WARNING


@pytest.mark.parametrize(
    ("error", "name", "words"),
    [
        (StripeUnavailable("reset"), "Stripe", "No answer from "),
        (Refused(401, "", "Invalid API Key provided: sk_test_1***234"), "key", "does not know this key"),
        (Refused(500, "", "An unknown error"), "Stripe", "Stripe refused a call of ours (500"),
    ],
)
def test_where_stripe_does_not_help_it_ends_in_one_line(monkeypatch, error, name, words):
    def fail() -> list[str]:
        raise error

    monkeypatch.setattr(permissions, "lacking", fail)
    _, problem, receipts = check.findings()
    assert (problem.name, problem.level, receipts.name) == (name, Level.ERROR, "receipts")
    assert words in problem.message
    assert problem.remedy
    assert "sk_test" not in str(problem)


@pytest.mark.parametrize(
    ("key", "live", "words"),
    [
        ("sk_test_1", False, "A secret key of test mode"),
        ("rk_test_1", False, "A restricted key of test mode"),
        ("rk_live_1", True, "A restricted key for real money"),
    ],
)
def test_the_key_is_named_by_its_kind_and_never_shown(monkeypatch, settings, key, live, words):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_LIVE = key, live

    def fail() -> list[str]:
        raise StripeUnavailable("reset")

    monkeypatch.setattr(permissions, "lacking", fail)
    first, *_ = check.findings()
    assert (first.name, first.message.startswith(words)) == ("key", True)
    assert key not in str(first)
