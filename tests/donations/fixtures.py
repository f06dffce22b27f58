"""Donations, events, and a Stripe that answers, for every test that wants them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from donations.models import Donation
from tests.donations import stripe_objects
from tests.donations.faulty_stripe import FaultyStripe, running

Post = Callable[..., Any]


@pytest.fixture
def make_donation(db: None) -> Callable[..., Donation]:
    def make(**fields: Any) -> Donation:
        values = {"amount": 2000, "currency": "usd", "expires_at": timezone.now() + timedelta(hours=2)} | fields
        return Donation.objects.create(**values)

    return make


@pytest.fixture
def donation(make_donation: Callable[..., Donation]) -> Donation:
    return make_donation()


@pytest.fixture
def post_event(client: Client) -> Post:
    """Deliver an event as Stripe does: signed, to the webhook's address."""

    def post(event: dict[str, Any] | bytes, **headers: str) -> Any:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        if "Stripe-Signature" not in headers:
            headers["Stripe-Signature"] = stripe_objects.signature(body)
        return client.post("/stripe-webhook/", body, content_type="application/json", headers=headers)

    return post


@pytest.fixture
def faulty_stripe(settings: pytest_django.Settings) -> Iterator[FaultyStripe]:
    with running() as server:
        settings.STRIPE_API_BASE = server.address
        yield server


@pytest.fixture
def stripe(live_server: Any, settings: pytest_django.Settings) -> str:
    """The sandbox in Stripe's place, over HTTP; its webhooks are not delivered here. Gives its address."""
    settings.STRIPE_API_BASE = f"{live_server.url}/sandbox"
    settings.SANDBOX_URL = f"{live_server.url}/sandbox"
    return str(settings.STRIPE_API_BASE)
