"""An organisation to look at: written by the real ways of booking, so both sides agree, and never over real gifts."""

from __future__ import annotations

import random
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import pytest_django
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from demo import setting, writing
from demo.people import crowd
from demo.story import Gift
from donations.domain.status import Status
from donations.domain.subscription import SubscriptionStatus
from donations.giving.goal import preview
from donations.jobs import scheduler
from donations.ledger import offline_donations
from donations.ledger.offline_donations import Received
from donations.models import Case, Donation, LedgerEntry, OfflineGift, Payout, Subscription, Words
from donations.reporting import reconciliation
from donations.stripe import payouts
from lib import money
from mail.models import Mail
from organisation.models import Organisation
from tests.donations.reporting.test_reconciliation import command, give
from tests.donations.stripe.test_refunds import ask, wanted

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])


def demo_data(**options: Any) -> str:
    out = StringIO()
    call_command("demo_data", stdout=out, years=1, seed=7, **options)
    return out.getvalue()


@pytest.mark.slow
def test_the_books_agree_here_and_with_the_sandbox(stripe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One story for all that is said of it: to tell it takes many seconds."""
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    own = give(1)
    command("reconcile")
    scheduler.send_emails()
    mail.outbox.clear()
    told = demo_data()
    assert "200 of " in told, "it says how far it is"
    assert "gifts since" in told, "practice gifts do not hinder it"
    assert Donation.objects.filter(pk=own.pk).exists()
    assert reconciliation.reconcile().agree
    assert "The books agree." in command("verify_books")
    compared = reconciliation.reconcile().compared
    assert compared == LedgerEntry.objects.exclude(kind__startswith="offline").count() > 300
    # All of it asked again at Stripe's: nothing to mend.
    assert "0 changed, 0 ledger rows added" in command("reconcile", since=timezone.now() - timedelta(days=400))
    assert payouts.mirror() == 0
    assert Payout.objects.count() > 40
    assert all(one.agrees for one in payouts.checked(None, None, 100))

    statuses = set(Donation.objects.values_list("status", flat=True))
    assert {Status.PAID, Status.REFUNDED, Status.EXPIRED} <= statuses
    assert Case.objects.filter(kind="dispute", status="needs_response").exists()
    assert Donation.objects.exclude(message="").filter(public=True, words=Words.SHOWN).exists()
    goal = preview(Organisation.objects.get())
    assert goal.coins
    assert not goal.met
    assert OfflineGift.objects.exists()
    monthly = Subscription.objects.all()
    met = {each.status for each in monthly}
    assert {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED, SubscriptionStatus.RETRYING} <= met
    assert {each.interval for each in monthly} == {"month", "year"}
    assert {"donor", "failed"} <= {each.ended_by for each in monthly if each.status == SubscriptionStatus.ENDED}
    assert {"payment_failed", "cancellation_requested"} <= {each.reason for each in monthly}
    assert Donation.objects.filter(subscription__isnull=False).count() > 3 * len(monthly)
    assert Donation.objects.filter(created_at__month=12).count() > Donation.objects.filter(created_at__month=7).count()

    # Nobody is written to, and a gift of the story can be refunded like any other.
    scheduler.send_emails()
    assert not mail.outbox
    assert not Mail.objects.filter(state="waiting").exists()
    gift = Donation.objects.filter(status=Status.PAID, refs__isnull=False).distinct()[0]
    assert ask(gift, amount=wanted(gift).amount and 100).state == "made"

    assert not writing.real_gifts(), "a practice site may have more of it"


@pytest.mark.parametrize(
    ("currency", "amounts"),
    [("kwd", [33_330, -16_660]), ("isk", [333_300, -166_600]), ("jpy", [3333, -1666]), ("krw", [33_330, -16_665])],
)
def test_the_story_is_told_in_sums_of_the_sites_currency(
    stripe: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: pytest_django.Settings,
    currency: str,
    amounts: list[int],
) -> None:
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    settings.DONATION_CURRENCY = currency
    chance = random.Random(1)
    (person,) = crowd(chance, 1)
    at = timezone.localtime() - timedelta(days=60)
    fates = ("partly_refunded", "refunded", "won", "lost", "offline")
    writing.write([Gift(at, 3333, person, "", fate) for fate in fates], chance)
    assert list(LedgerEntry.objects.order_by("id").values_list("amount", flat=True)[:2]) == amounts
    assert all(money.payable(amount, currency) for amount in LedgerEntry.objects.values_list("amount", flat=True))
    assert "The books agree." in command("verify_books")


@pytest.mark.django_db
def test_an_organisation_that_is_described_already_is_left_alone() -> None:
    Organisation.objects.create(name="Ours")
    assert not setting.describe()
    assert Organisation.objects.get().name == "Ours"


def test_real_gifts_do() -> None:
    offline_donations.record(
        Received(
            form=uuid4(), amount=100, currency="usd", method="cash", by="tess@example.org",
            received_on=timezone.localdate(),
        )
    )  # fmt: skip
    with pytest.raises(CommandError, match="real gifts"):
        demo_data()
    assert Donation.objects.count() == 1


def test_a_payment_that_the_sandbox_does_not_know_is_real() -> None:
    from tests.donations.reporting.test_exports import pay

    pay(Donation.objects.create(amount=100, currency="usd", expires_at=timezone.now()))
    with pytest.raises(CommandError, match="real gifts"):
        demo_data()


def test_a_site_that_is_no_practice_site_refuses(settings: pytest_django.Settings) -> None:
    settings.SANDBOX = False
    with pytest.raises(CommandError, match="Only a practice site"):
        demo_data()
