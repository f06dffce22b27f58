"""Monthly gifts as Stripe tells of them, and one that was begun at the stand-in, by no account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from donations.ledger import identity, posting
from donations.models import Donation, Subscription
from donations.stripe import client, parsing
from donations.stripe.recurring import polling as recurring
from tests.accounts.conftest import ALICE
from tests.donations.stripe.test_polling import CARD, pay
from tests.donations.subscription_objects import invoice, subscription

Told = Callable[..., Subscription]


def tell(thing: dict[str, Any]) -> None:
    update = parsing.update_of(thing, at=timezone.now())
    assert update
    posting.post(update)


@pytest.fixture
def gives_monthly(db: None) -> Told:
    """Somebody gives monthly; told by Stripe's objects alone."""

    def make(email: str = ALICE, user: Any = None, **changes: Any) -> Subscription:
        donation = Donation.objects.create(
            amount=2000, currency="usd", expires_at=timezone.now(), email=email, user=user
        )
        now = int(timezone.now().timestamp())
        when = {"created": now, "period_end": now + 30 * 86400}
        tell(invoice(donation, created=now, payment=f"pi_{donation.uuid.hex}"))
        tell(subscription(donation, **when | changes))
        return Subscription.objects.get(uuid=donation.uuid)

    return make


@pytest.fixture
def at_stripe(stripe: str) -> Subscription:
    """$20 a month, given at the stand-in by Alice, with no account; its webhooks are lost."""
    control(stripe, delivery="lost")
    donation = Donation.objects.create(
        amount=2000, currency="usd", expires_at=timezone.now() + timedelta(hours=2), frequency="monthly"
    )
    session = client.create_session(
        key=str(donation.uuid),
        interval="month",
        amount=2000,
        currency="usd",
        description="Donation",
        success_url="https://site.example/success?session_id={CHECKOUT_SESSION_ID}",
        cancel_url="https://site.example/cancel",
        expires_at=donation.expires_at,
        reference=str(donation.uuid),
        email="",
        locale="",
        metadata={**identity.metadata(), "tincup_donation": str(donation.uuid)},
    )
    donation.session_id, donation.session_url = session["id"], session["url"]
    donation.save()
    pay(donation, **CARD | {"email": ALICE, "pay": "1"})
    recurring.fetch(client.retrieve(session["id"])["subscription"])
    # The invoice names the address.
    found = Subscription.objects.get()
    Donation.objects.filter(pk=donation.pk).update(email=ALICE)
    return found


def control(stripe: str, path: str = "", **fields: Any) -> Any:
    """The stand-in's own controls."""
    answer = requests.post(f"{stripe}/v1/test_helpers/sandbox{path}", data=fields, auth=("sk_test_x", ""), timeout=30)
    answer.raise_for_status()
    return answer.json()
