from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from donations.giving import checkout
from donations.giving.claims import Order
from donations.models import Donation
from donations.shield import gate, passes
from donations.shield.gate import Shut
from donations.shield.visitors import Visitor
from donations.stripe import client
from limits import addresses, buckets

TEN = Order(amount=1000, currency="usd")


@pytest.fixture
def clock() -> Iterator[Any]:
    """Time stands still but for what a test shifts it by."""
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def stripe_opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A Stripe that opens every page; the keys that it was asked under."""
    asked: list[str] = []

    def create(*, key: str, **_: Any) -> dict[str, Any]:
        asked.append(key)
        return {"id": f"cs_{key}", "url": f"https://stripe.test/{key}"}

    monkeypatch.setattr(client, "create_session", create)
    return asked


@pytest.fixture
def light_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puzzles that are solved at once."""
    monkeypatch.setattr(passes, "BITS", 4)
    monkeypatch.setattr(passes, "BITS_IN_ALARM", 5)


def at(address: str, **more: Any) -> Visitor:
    """Somebody at this address."""
    whence = addresses.of(address)
    return Visitor(buckets.key("place", whence.place), buckets.key("area", whence.area), **more)


_tokens = itertools.count()


def opens(visitor: Visitor, order: Order = TEN) -> Donation:
    """One more payment page, by a form of its own. Raises what `begin` raises."""
    return checkout.begin(order, f"token {next(_tokens)}", visitor)


def opened(visitor: Visitor, tries: int = 40) -> int:
    """How many pages this visitor gets without waiting."""
    for number in range(tries):
        try:
            opens(visitor)
        except Shut:
            return number
    return tries


def refused(visitor: Visitor) -> Shut:
    with pytest.raises(gate.Shut) as shut:
        opens(visitor)
    return shut.value


Pay = Callable[[Donation], None]


@pytest.fixture
def pay() -> Pay:
    """As if Stripe had told that the gift is paid."""

    def paid(donation: Donation) -> None:
        Donation.objects.filter(pk=donation.pk).update(status="paid", checkout="complete")

    return paid
