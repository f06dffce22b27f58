from __future__ import annotations

import itertools

import pytest

from donations.domain.status import Status, StatusInput, fold, furthest
from donations.domain.updates import Checkout


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (StatusInput(paid=0, checkout=Checkout.OPEN, settling_failed=False), Status.PENDING),
        (StatusInput(paid=0, checkout=Checkout.EXPIRED, settling_failed=False), Status.EXPIRED),
        (StatusInput(paid=0, checkout=Checkout.COMPLETE, settling_failed=False), Status.PROCESSING),
        (StatusInput(paid=0, checkout=Checkout.COMPLETE, settling_failed=True), Status.FAILED),
        (StatusInput(paid=2000, checkout=Checkout.OPEN, settling_failed=False), Status.PAID),
        (StatusInput(paid=2000, checkout=Checkout.EXPIRED, settling_failed=True), Status.PAID),
    ],
)
def test_status_follows_from_the_facts(facts: StatusInput, status: Status) -> None:
    assert fold(facts) is status


def test_a_checkout_never_goes_back() -> None:
    for one, other in itertools.product(Checkout, Checkout):
        assert furthest(one, other) is furthest(other, one)
    assert furthest(Checkout.COMPLETE, Checkout.EXPIRED) is Checkout.COMPLETE
    assert furthest(Checkout.EXPIRED, Checkout.OPEN) is Checkout.EXPIRED
