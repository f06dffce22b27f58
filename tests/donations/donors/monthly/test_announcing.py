"""Donors are told before a charge: of yearly ones, of monthly ones by a setting, once for each charge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.data import deletion
from donations.domain.subscription import EndedBy
from donations.donors.monthly import announcing
from donations.jobs import registry
from donations.models import Subscription
from donations.stripe.recurring import changes
from mail.models import Mail
from organisation.models import Organisation
from tests.accounts.conftest import ALICE, link_in, post
from tests.donations.donors.monthly.conftest import tell
from tests.donations.donors.monthly.test_changes import renew
from tests.donations.giving.donor import SANDBOX
from tests.donations.subscription_objects import subscription

pytestmark = pytest.mark.django_db


def seconds(**ahead: int) -> int:
    return int((timezone.now() + timedelta(**ahead)).timestamp())


@pytest.fixture
def yearly(gives_monthly) -> Subscription:
    found: Subscription = gives_monthly(interval="year", period_end=seconds(days=13))
    Mail.objects.all().delete()
    return found


@pytest.fixture
def monthly_too(db: None) -> None:
    Organisation.objects.update_or_create(id=1, defaults={"announce_monthly": True})[0].save()


def announced() -> list[str]:
    announcing.announce()
    return [str(letter.subject).removeprefix("[Practice] ") for letter in post()]


def test_a_yearly_charge_is_announced_once_with_the_way_to_stop(yearly):
    day = f"{timezone.localtime(yearly.period_end):%-d %B %Y}"
    announcing.announce()
    (letter,) = post()
    assert f"On {day}: $20 every year" in letter.subject
    assert f"The next charge is on {day}." in letter.body
    assert link_in(letter).startswith("/monthly")
    assert announced() == [], "once for each charge"


def test_the_charge_of_the_next_year_is_announced_anew(yearly):
    assert len(announced()) == 1
    tell(subscription(yearly.first, interval="year", period_end=seconds(days=14, hours=-1)))
    assert len(announced()) == 1


def test_nothing_is_announced_long_before_nor_afterwards(gives_monthly):
    gives_monthly(interval="year", period_end=seconds(days=15))
    gives_monthly("bea@example.org", interval="year", period_end=seconds(hours=-1))
    Mail.objects.all().delete()
    assert announced() == []


def test_a_monthly_charge_is_announced_only_where_the_organisation_wants_it(gives_monthly):
    gives_monthly(period_end=seconds(days=2))
    Mail.objects.all().delete()
    assert announced() == []
    Organisation(announce_monthly=True).save()
    (subject,) = announced()
    assert subject.endswith(": $20 every month")


@pytest.mark.parametrize(
    "change", [{"status": "canceled"}, {"cancel_at_period_end": True}, {"pause_collection": {"behavior": "void"}}]
)
def test_what_was_stopped_or_paused_before_the_letter_went_is_not_announced(yearly, change):
    announcing.announce()
    then = {"interval": "year", "period_end": int(yearly.period_end.timestamp())}
    tell(subscription(yearly.first, **then | change))
    assert not [letter for letter in post() if letter.subject.endswith("$20 every year") and " On " in letter.subject]
    assert Mail.objects.get(kind="monthly_renews").state == Mail.State.CLOSED


def test_it_says_the_amount_that_holds_when_the_letter_goes(yearly):
    announcing.announce()
    then = {"interval": "year", "period_end": int(yearly.period_end.timestamp())}
    tell(subscription(yearly.first, amount=3000, **then))
    assert [letter.subject.endswith("$30 every year") for letter in post()] == [True]


def test_who_is_erased_is_told_nothing_and_leaves_no_trace_in_the_outbox(yearly):
    announcing.announce()
    Mail.objects.update(error=f"550 {ALICE}")
    Subscription.objects.update(status="ended")
    deletion.erase_donor(ALICE)
    letter = Mail.objects.get(kind="monthly_renews")
    assert (letter.state, ALICE in letter.error) == (Mail.State.CLOSED, False)


def test_it_is_done_by_the_clock():
    assert registry.SCHEDULE["announce-charges"].work is announcing.announce


@SANDBOX
def test_at_the_stand_in_the_letter_comes_before_a_renewal_and_not_after_a_stop(
    at_stripe, stripe, monthly_too, monkeypatch
):
    now = timezone.now

    def days_before() -> list[str]:
        period_end = Subscription.objects.get().period_end
        assert period_end
        at = period_end - timedelta(days=2)
        monkeypatch.setattr(timezone, "now", lambda: at)
        try:
            return [subject for subject in announced() if subject.startswith("On ")]
        finally:
            monkeypatch.setattr(timezone, "now", now)

    assert len(days_before()) == 1
    renew(stripe)
    assert len(days_before()) == 1
    changes.stop(at_stripe, by=EndedBy.DONOR, key="stop")
    assert days_before() == []
