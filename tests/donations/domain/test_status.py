from __future__ import annotations

import itertools

import pytest
from django.template.loader import get_template

from donations.domain.status import ARRIVED, BOOK, LABELS, Status, StatusInput, fold, furthest
from donations.domain.updates import Checkout
from donations.giving.success_page import TITLES
from donations.models import Donation


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


def test_every_status_has_its_labels() -> None:
    assert list(LABELS) == list(Status)
    assert {label.book for label in LABELS.values()} == set(BOOK)
    assert {label.page for label in LABELS.values()} | {"confirming"} == set(TITLES)
    for column in ("staff", "donor"):
        texts = [getattr(label, column) for label in LABELS.values()]
        assert len(set(texts)) == len(texts), f"two statuses are one for a {column}"


def test_what_a_status_is_called_by_the_staff_is_what_the_model_shows() -> None:
    for status, label in LABELS.items():
        assert Donation(status=status).get_status_display() == label.staff


@pytest.mark.parametrize(
    "template",
    [
        *(f"donations/success/{word}.html" for word in TITLES),
        # Only money that arrived has a receipt.
        *(f"donations/receipt/{status}.html" for status in sorted(ARRIVED)),
    ],
)
def test_every_state_has_a_template_of_its_own(template: str) -> None:
    get_template(template)
