"""Accounts as people have them, gifts as they are, and the e-mails that would be in their mailboxes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_django
from django.core import mail as django_mail
from django.core.cache import cache
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone

from accounts.models import User
from donations.domain.updates import Payment, Refund, RefundStatus, StripeUpdate
from donations.jobs import scheduler
from donations.ledger import posting
from donations.models import Donation
from mail.models import Mail

ALICE = "alice@example.org"
PASSWORD = "correct horse battery"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Give = Callable[..., Donation]


@pytest.fixture(autouse=True)
def _fresh_words() -> None:
    cache.clear()


def member(email: str = ALICE, password: str = PASSWORD, **fields: Any) -> User:
    """Somebody who has proved the address."""
    return User.objects.create_user(email, password, **({"verified_at": NOON} | fields))


@pytest.fixture
def alice(db: None) -> User:
    return member(name="Alice")


def paid(donation: Donation, **changes: Any) -> None:
    intent = changes.pop("intent", f"pi_{donation.uuid.hex}")
    payment = Payment(intent, donation.amount, donation.currency)
    values: dict[str, Any] = {"at": NOON, "donation": donation.uuid, "refs": (intent,), "change": payment} | changes
    posting.post(StripeUpdate(**values))


def refunded(donation: Donation, amount: int | None = None) -> None:
    refund = Refund(
        f"re_{donation.pk}", NOON, amount or donation.amount, donation.currency, RefundStatus.SUCCEEDED, True, False
    )
    posting.post(StripeUpdate(at=NOON, refs=(f"pi_{donation.uuid.hex}", refund.id), change=refund))


@pytest.fixture
def give(db: None) -> Give:
    """A gift that arrived, unless `arrived` is false."""

    def give(*, arrived: bool = True, at: datetime = NOON, **fields: Any) -> Donation:
        values = {"amount": 2000, "currency": "usd", "expires_at": at + timedelta(hours=2), "created_at": at} | fields
        donation = Donation.objects.create(**values)
        if arrived:
            paid(donation, at=at)
            Mail.objects.filter(kind="paid").delete()  # the gift's own e-mail is another folder's matter
            donation.refresh_from_db()
        return donation

    return give


def post() -> list[EmailMessage]:
    """The e-mails that are due, sent now."""
    django_mail.outbox.clear()
    Mail.objects.filter(next_at__isnull=False).update(next_at=timezone.now())
    scheduler.send_emails()
    return list(django_mail.outbox)


def link_in(letter: EmailMessage) -> str:
    """Path and query of the link in an e-mail."""
    found = re.search(r"https?://\S+", str(letter.body))
    assert found, letter.body
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"


def language_of(letter: EmailMessage) -> str:
    """The language that an e-mail says it is in."""
    assert isinstance(letter, EmailMultiAlternatives)
    found = re.search(r'<html lang="([a-z-]+)"', str(letter.alternatives[0][0]))
    assert found
    return found[1]


def one_letter() -> EmailMessage:
    (letter,) = post()
    return letter


@pytest.fixture
def stripe(live_server: Any, settings: pytest_django.Settings) -> str:
    """The sandbox in Stripe's place, over HTTP; its webhooks are not delivered here. Gives its address."""
    settings.STRIPE_API_BASE = f"{live_server.url}/sandbox"
    settings.SANDBOX_URL = f"{live_server.url}/sandbox"
    return str(settings.STRIPE_API_BASE)
