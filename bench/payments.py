"""Payments as Stripe tells of them: whole events of the stand-in, signed, each about a donation of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bench.machine import SECRET
from donations.ledger import identity
from donations.models import Donation, StripeRef
from donations.stripe import parsing
from donations.stripe.checkout import session_params
from sandbox.engine import card_payments, sessions, test_cards
from sandbox.models import Event, Record
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS

AMOUNT = 2000  # cents


@dataclass(frozen=True)
class Gift:
    """A donation whose page is open, and the ids that its payment will have."""

    uuid: str

    @property
    def session(self) -> str:
        return f"cs_test_a1{uuid.UUID(self.uuid).hex}"


class Story:
    """One payment that the stand-in played, told anew for any donation. `types` are in the order of Stripe's events."""

    def __init__(self) -> None:
        reference = str(uuid.uuid4())
        with transaction.atomic(using=ALIAS):
            params = session_params.build(
                amount=AMOUNT,
                currency=settings.DONATION_CURRENCY,
                interval="",
                description=f"Donation to {settings.SITE_NAME}",
                success_url=f"{settings.SITE_URL}/success?session_id={{CHECKOUT_SESSION_ID}}",
                cancel_url=f"{settings.SITE_URL}/cancel?gift={reference}",
                expires_at=timezone.now() + timedelta(hours=2),
                reference=reference,
                email="",
                locale="en",
                metadata={**identity.metadata(), "tincup_donation": reference},
            )
            session = sessions.create(params)
            card = test_cards.lookup("4242424242424242")
            payer = Payer("ada@example.org", "Ada Lovelace")
            card_payments.pay(session.stripe_id, card, card_payments.Expiry(12, 2040), payer)
            told = [event for event in Event.objects.order_by("pk") if event.type in parsing.EVENT_TYPES]
            made = [session.stripe_id, *Record.objects.values_list("stripe_id", flat=True)]
            transaction.set_rollback(True, using=ALIAS)
        self.types = [event.type for event in told]
        # The session's own id is the donation's; of the others each story gets new ones.
        self._texts = {event.type: json.dumps(event.body, indent=2) for event in told}  # as Stripe writes them
        self._event_ids = [event.stripe_id for event in told]
        self._uuid, self._session = reference, session.stripe_id
        self._others = sorted(set(made) - {session.stripe_id}, key=len, reverse=True)

    def sizes(self) -> dict[str, int]:
        """The bytes of each event."""
        return {kind: len(text.encode()) for kind, text in self._texts.items()}

    def bodies(self, gift: Gift, *types: str) -> list[bytes]:
        """The events of these types (all, if none is named) about this donation's payment."""
        tail = uuid.UUID(gift.uuid).hex
        found = []
        for kind in types or self.types:
            text = self._texts[kind].replace(self._uuid, gift.uuid).replace(self._session, gift.session)
            for other in (*self._others, *self._event_ids):
                text = text.replace(other, f"{other[:-12]}{tail[-12:]}")
            found.append(text.encode())
        return found


def open_gifts(count: int) -> list[Gift]:
    """Donations whose donors are on Stripe's page, as the site leaves them there."""
    expires = timezone.now() + timedelta(hours=2)
    gifts = [Gift(str(uuid.uuid4())) for _ in range(count)]
    rows = Donation.objects.bulk_create(
        (Donation(uuid=gift.uuid, amount=AMOUNT, currency=settings.DONATION_CURRENCY, expires_at=expires,
                  session_id=gift.session, session_url=f"http://127.0.0.1/pay/{gift.uuid}") for gift in gifts),
        batch_size=500,
    )  # fmt: skip
    StripeRef.objects.bulk_create((StripeRef(id=row.session_id, donation=row) for row in rows), batch_size=500)
    return gifts


def unknown_type() -> bytes:
    """An event that the site does not book."""
    product: dict[str, Any] = {"id": "prod_bench", "object": "product", "description": "x" * 3000, "metadata": {}}
    return json.dumps({
        "id": f"evt_{uuid.uuid4().hex}", "object": "event", "api_version": parsing.RELEASE, "created": int(time.time()),
        "livemode": False, "type": "product.created", "data": {"object": product},
    }).encode()  # fmt: skip


def signed(body: bytes) -> list[str]:
    """The headers of a delivery."""
    stamp = int(time.time())
    digest = hmac.new(SECRET.encode(), b"%d.%b" % (stamp, body), hashlib.sha256).hexdigest()
    return [f"Stripe-Signature: t={stamp},v1={digest}", "Content-Type: application/json"]
