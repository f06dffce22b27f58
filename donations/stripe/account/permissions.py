"""What the site asks of Stripe, each call made once, to see whether the key may do it.

Nothing stays behind: what is fetched does not exist, what is listed is one object, what is made is closed at once.
A secret key may do all; a restricted one what it was given, by the names that stand here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from donations.stripe import client
from donations.stripe.account import calls
from donations.stripe.errors import Refused
from lib import money

NOBODY = "tincup_check"  # behind a prefix an id of Stripe's form, of which there is none
MISSING = "resource_missing"  # Stripe looked: the key may look
OPEN_FOR = timedelta(minutes=40)  # Stripe wants thirty at least, by its own clock


@dataclass(frozen=True, slots=True)
class Need:
    """A permission by its name in Stripe's dashboard, and the calls that need it."""

    resource: str
    access: str
    calls: tuple[Callable[[], object], ...]

    def __str__(self) -> str:
        return f"{self.resource}: {self.access}"


def _list(kind: str) -> Callable[[], object]:
    return lambda: next(client.listed(kind, limit="1"), None)


def _fetch(prefix: str) -> Callable[[], object]:
    return lambda: client.retrieve(f"{prefix}_{NOBODY}")


def _refund() -> object:
    return client.create_refund(key=str(uuid.uuid4()), payment=f"pi_{NOBODY}", amount=1, reason="", metadata={})


def _change() -> object:
    with client.connected() as services:
        return services.subscriptions.update(f"sub_{NOBODY}", {"metadata": {}})


def _configurations() -> object:
    with client.connected() as services:
        return services.billing_portal.configurations.list({"limit": 1})


def _portal() -> object:
    with client.connected() as services:
        return services.billing_portal.sessions.create({"customer": f"cus_{NOBODY}", "configuration": f"bpc_{NOBODY}"})


NEEDS = (
    Need("Checkout Sessions", "Write", (_list("checkout.sessions"), _fetch("cs"))),
    Need("Payment Intents", "Read", (_fetch("pi"),)),
    Need("Charges and Refunds", "Write", (_list("refunds"), _fetch("ch"), _fetch("re"), _refund)),
    Need("Disputes", "Read", (_list("disputes"), _fetch("dp"))),
    Need("Payouts", "Read", (_list("payouts"),)),
    Need("Balance Transaction Sources", "Read", (_list("balance_transactions"),)),
    Need("Early Fraud Warnings", "Read", (_fetch("issfr"),)),
    Need("Events", "Read", (_list("events"),)),
    Need("Subscriptions", "Write", (_list("subscriptions"), _fetch("sub"), _change)),
    Need("Customer Portal", "Write", (_configurations, _portal)),
    Need("Invoices", "Read", (_list("invoices"), _fetch("in"))),
)
# Without these the site works, and less can be checked for you.
ACCOUNT = Need("Accounts", "Read", (calls.account,))
ENDPOINTS = Need("Webhook Endpoints, Event Destinations", "Read", (calls.webhook_endpoints,))


def lacking() -> list[str]:
    """The permissions that the key lacks. Raises StripeUnavailable, or Refused for any other reason."""
    found = dict.fromkeys(lacked for need in NEEDS for call in need.calls if (lacked := _lacked(need, call)))
    return list(found)


def try_page() -> dict[str, Any]:
    """Open a payment page as for the smallest gift, and close it. Returns its session as it was opened.

    The session names no gift: the site takes its event for somebody else's. Raises StripeUnavailable or Refused.
    """
    session = client.create_session(
        key=str(uuid.uuid4()),
        amount=max(settings.DONATION_MIN, money.least_payable(settings.DONATION_CURRENCY)),
        currency=settings.DONATION_CURRENCY,
        description=settings.SITE_NAME,
        success_url=settings.SITE_URL,
        cancel_url=settings.SITE_URL,
        expires_at=timezone.now() + OPEN_FOR,
        reference=NOBODY,
        email="",
        locale="",
        metadata={NOBODY: "true"},
    )
    # Then it closes by itself, and nobody knows its address.
    with suppress(Refused):
        calls.close(session["id"])
    return session


def named(need: Need, error: Refused) -> str:
    """The permission that this refusal is about: as Stripe names it, else as we do."""
    # Stripe's sentence of today, then the one of before.
    if found := re.search(r"Enabling \"?([^\"(]+?) (Read|Write)\"? \('", error.message):
        return f"{found[1]}: {found[2]}"
    if found := re.search(r"Having the '\w+_(read|write)' permission", error.message):
        return f"{need.resource}: {found[1].title()}"
    return str(need)


def _lacked(need: Need, call: Callable[[], object]) -> str:
    try:
        call()
    except Refused as error:
        if error.status == 403:
            return named(need, error)
        if error.code != MISSING:
            raise
    return ""
