"""What a donor types on the page of a monthly gift, in every currency; and which charges a pause leaves out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from donations.domain.subscription import Frequency
from donations.donors.monthly import views
from donations.donors.monthly.forms import PAUSES, AmountForm
from donations.models import Subscription
from sandbox.engine.recurring import periods

MONTHS = {"interval": "month", "interval_count": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "typed", "minor"),
    [("jpy", "500", 500), ("jpy", "¥1,500", 1500), ("kwd", "1.500", 1500), ("eur", "12,50", 1250), ("usd", "20", 2000)],
)
def test_an_amount_is_read_in_the_currency_of_the_gift(currency: str, typed: str, minor: int) -> None:
    form = AmountForm(Subscription(currency=currency, amount=minor), {"amount": typed})
    assert form.is_valid(), form.errors
    assert form.minor == minor


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "typed"),
    [("jpy", "20.5"), ("jpy", "49"), ("jpy", "100000000"), ("kwd", "1.505"), ("usd", "0.99"), ("usd", "10000.01")],
)
def test_an_amount_that_cannot_be_charged_is_told_with_what_can_be(currency: str, typed: str) -> None:
    form = AmountForm(Subscription(currency=currency, amount=2000), {"amount": typed})
    assert not form.is_valid()
    assert form.errors["amount"]


@pytest.mark.parametrize("begun", ["2026-01-31", "2026-01-28", "2026-06-30", "2028-02-29", "2026-12-01"])
@pytest.mark.parametrize("number", [number for number in PAUSES[Frequency.MONTHLY] if number])
def test_a_pause_leaves_out_as_many_charges_whatever_the_day_of_the_month(begun: str, number: int) -> None:
    anchor = int(datetime.fromisoformat(begun).replace(tzinfo=UTC).timestamp())
    charges = [periods.end_after(anchor, anchor, MONTHS)]
    while len(charges) < 14:
        charges.append(periods.end_after(anchor, charges[-1], MONTHS))
    for now in range(7):
        due = datetime.fromtimestamp(charges[now], UTC)
        until = views._until(Subscription(period_end=due, interval="month"), number)
        assert until
        assert sum(charges[now] <= each <= until.timestamp() for each in charges) == number
