"""Stripe's lists, from rows that a test makes up: for what the sandbox cannot be brought to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from donations.models import Donation
from donations.stripe import client
from donations.stripe.account import calls
from donations.stripe.errors import StripeUnavailable
from tests.donations.stripe_objects import metadata

HOUR = 3600


def movement(number: int, donation: Donation | None = None, **changes: Any) -> dict[str, Any]:
    """A payment's balance transaction of an hour ago: of this gift, or of another seller."""
    mine = donation.uuid.hex if donation else f"s{number}"
    amount = donation.amount if donation else 1000
    source = {
        "id": f"ch_{mine}",
        "object": "charge",
        "payment_intent": f"pi_{mine}",
        "amount": amount,
        "currency": "usd",
        "metadata": metadata(donation) if donation else {},
    }
    return {
        "id": f"txn_{number}",
        "object": "balance_transaction",
        "type": "charge",
        "reporting_category": "charge",
        "amount": amount,
        "fee": 50,
        "net": amount - 50,
        "currency": "usd",
        "exchange_rate": None,
        "created": int(time.time()) - HOUR,
        "source": source,
    } | changes


class StripeBook:
    """In the place of client.listed. `fails_after` objects Stripe stops answering."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.fails_after: int | None = None
        self.since: list[datetime] = []
        monkeypatch.setattr(client, "listed", self._listed)
        monkeypatch.setattr(calls, "account", lambda: {"id": "acct_1"})

    def _listed(
        self, kind: str, since: datetime | None = None, until: datetime | None = None, **how: Any
    ) -> Iterator[dict[str, Any]]:
        if since:
            self.since.append(since)
        first, end = int(since.timestamp()) if since else 0, int(until.timestamp()) if until else 2**40
        rows = [row for row in self.rows.get(kind, []) if first <= row["created"] < end]
        if "payout" in how:
            rows = [row for row in rows if row.get("payout") == how["payout"]]
        for number, row in enumerate(sorted(rows, key=lambda row: -row["created"])):
            if number == self.fails_after:
                raise StripeUnavailable("reset")
            yield row
