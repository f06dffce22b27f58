"""What a restricted key lacks is named as Stripe's dashboard names it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from donations.models import Donation, LedgerEntry
from donations.stripe import payouts, polling, resync
from donations.stripe.account import permissions
from donations.stripe.errors import Refused
from project.env import BASE_DIR
from sandbox.core.permissions import NAMES as NAMES_AT_STRIPE
from sandbox.core.permissions import RESOURCES
from sandbox.operator import behaviour
from tests.donations.giving.donor import SANDBOX, give
from tests.donations.reporting.test_reconciliation import command
from tests.donations.stripe.test_polling import pay

NAMES = {
    "balance_transaction_source_read": "Balance Transaction Sources: Read",
    "charge_write": "Charges and Refunds: Write",
    "checkout_session_read": "Checkout Sessions: Read",
    "customer_portal_write": "Customer Portal: Write",
    "dispute_read": "Disputes: Read",
    "early_fraud_warning_read": "Early Fraud Warnings: Read",
    "event_read": "Events: Read",
    "payment_intent_read": "Payment Intents: Read",
    "payout_read": "Payouts: Read",
    "subscription_write": "Subscriptions: Write",
}


@SANDBOX
def test_each_permission_that_lacks_is_named(stripe, settings):
    settings.STRIPE_SECRET_KEY = "rk_test_of_a_small_site"
    assert permissions.lacking() == []
    behaviour.save({"missing_permissions": " ".join(NAMES)})
    assert set(permissions.lacking()) == set(NAMES.values())


def beyond(needs: tuple[permissions.Need, ...]) -> str:
    """Every permission that there is, but for these."""
    resources = {label: resource for resource, label in RESOURCES.items()}
    given = {f"{resources[need.resource]}_{access}" for need in needs for access in ("read", need.access.lower())}
    return " ".join(sorted(NAMES_AT_STRIPE - given))


@SANDBOX
def test_with_the_permissions_of_the_table_alone_the_site_does_all_its_work(
    client: Client, stripe: str, settings: pytest_django.Settings, django_user_model: Any
) -> None:
    settings.STRIPE_SECRET_KEY = "rk_test_of_a_small_site"
    behaviour.save({"missing_permissions": beyond(permissions.NEEDS)})
    give(client, "20")
    donation = Donation.objects.get()
    pay(donation)
    polling.poll(donation)
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    payment = LedgerEntry.objects.get(kind="payment").source
    asked = {"amount": "5", "number": 1, "payment": payment, "reason": "duplicate", "note": "", "confirmed": "yes"}
    assert client.post(f"/admin/donations/donation/{donation.pk}/refund/", asked).status_code == 302
    result = resync.run(timezone.now() - timedelta(hours=1))
    assert (result.stopped, result.troubles) == ("", [])
    payouts.mirror()
    assert LedgerEntry.objects.get(kind="refund").amount == -500
    assert "The books agree." in command("verify_books")


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
