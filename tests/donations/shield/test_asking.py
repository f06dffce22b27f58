"""Thousands of open pages keep no paid gift waiting."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from donations.domain.status import Status
from donations.giving import checkout
from donations.models import Donation
from donations.shield import asking
from donations.stripe import client
from donations.stripe.errors import StripeUnavailable
from sandbox.engine import card_payments
from sandbox.engine.card_payments import Expiry
from sandbox.engine.test_cards import lookup
from sandbox.objects.charge import Payer
from tests.donations.giving.donor import SANDBOX
from tests.donations.shield.conftest import TEN


@pytest.fixture
def three(stripe: str, monkeypatch: pytest.MonkeyPatch) -> list[Donation]:
    """Three open pages that are due; nobody may be asked about one by one."""
    monkeypatch.setattr(asking, "MANY", 3)
    donations = [checkout.begin(TEN, f"form {number}") for number in range(3)]
    Donation.objects.update(ask_at=timezone.now())
    monkeypatch.setattr(client, "retrieve", lambda reference: pytest.fail(f"{reference} was asked about by itself"))
    return donations


@SANDBOX
def test_a_payment_among_many_open_pages_is_found_by_one_list(three: list[Donation]) -> None:
    lost, *_others = three
    card_payments.pay(lost.session_id, lookup("4242424242424242"), Expiry(12, 2034), Payer("ada@example.org", None))
    assert asking.ask_about_many() == 3
    lost.refresh_from_db()
    assert (lost.status, lost.email) == (Status.PAID, "ada@example.org")
    assert not Donation.objects.filter(ask_at__lte=timezone.now()).exists()
    assert Donation.objects.filter(status=Status.PENDING, answered_at__isnull=False).count() == 2
    assert asking.ask_about_many() == 0


@SANDBOX
def test_what_is_not_in_the_list_stays_due(three: list[Donation]) -> None:
    Donation.objects.filter(pk=three[0].pk).update(session_id="cs_of_another_account")
    assert asking.ask_about_many() == 2
    assert [gift.pk for gift in Donation.objects.filter(ask_at__lte=timezone.now())] == [three[0].pk]


@SANDBOX
def test_a_few_are_left_to_be_asked_about_one_by_one(three: list[Donation]) -> None:
    Donation.objects.filter(pk=three[0].pk).update(ask_at=None)
    assert asking.ask_about_many() == 0


@SANDBOX
def test_while_stripe_is_silent_all_stay_due(three: list[Donation], monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise StripeUnavailable

    monkeypatch.setattr(client, "listed", silent)
    assert asking.ask_about_many() == 0
    assert Donation.objects.filter(ask_at__lte=timezone.now()).count() == 3
