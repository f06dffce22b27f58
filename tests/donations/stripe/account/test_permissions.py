"""What a restricted key lacks is named as Stripe's dashboard names it."""

from __future__ import annotations

import re

import pytest

from donations.stripe.account import permissions
from donations.stripe.errors import Refused
from project.env import BASE_DIR
from sandbox.operator import behaviour

NAMES = {
    "balance_transaction_source_read": "Balance Transaction Sources: Read",
    "charge_write": "Charges and Refunds: Write",
    "checkout_session_read": "Checkout Sessions: Read",
    "dispute_read": "Disputes: Read",
    "early_fraud_warning_read": "Early Fraud Warnings: Read",
    "event_read": "Events: Read",
    "payment_intent_read": "Payment Intents: Read",
    "payout_read": "Payouts: Read",
}


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_each_permission_that_lacks_is_named(stripe, settings):
    settings.STRIPE_SECRET_KEY = "rk_test_of_a_small_site"
    assert permissions.lacking() == []
    behaviour.save({"missing_permissions": " ".join(NAMES)})
    assert set(permissions.lacking()) == set(NAMES.values())


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("Enabling \"Charges and Refunds Read\" ('charge_read') permissions on this", "Charges and Refunds: Read"),
        ("Enabling Payouts Read ('payout_read') permissions on this key would", "Payouts: Read"),
        ("Having the 'rak_charge_read' permission would allow this request to continue.", "Charges and Refunds: Read"),
        ("You may not.", "Charges and Refunds: Write"),
    ],
)
def test_stripes_sentences_of_today_and_of_before_are_understood(message, named):
    (need,) = [need for need in permissions.NEEDS if need.resource == "Charges and Refunds"]
    assert permissions.named(need, Refused(403, "", message)) == named


def test_the_page_about_stripe_has_every_permission_in_its_table():
    page = (BASE_DIR / "docs" / "stripe.md").read_text()
    rows = re.findall(r"^\| ([A-Z][^|`]+) \| (Read|Write) \|", page, re.MULTILINE)
    needs = [*permissions.NEEDS, permissions.ACCOUNT, permissions.ENDPOINTS]
    assert sorted(rows) == sorted((need.resource, need.access) for need in needs)
