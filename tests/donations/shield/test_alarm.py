"""The breaker: when it trips, whom it tells, and how it ends."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.contrib.auth.models import Group
from django.core import mail as sent
from django.core.cache import cache
from django.utils import timezone

from donations.models import Alarm, Shield, StripeEvent
from donations.shield import alarm, declines, emails, rules
from mail import outbox
from mail.models import Mail

pytestmark = pytest.mark.django_db


_ids = itertools.count()


def report(kind: str, count: int, body: str = "") -> None:
    now = timezone.now()
    StripeEvent.objects.bulk_create(
        StripeEvent(id=f"evt_{next(_ids)}", type=kind, state="handled", body=body, received_at=now)
        for _ in range(count)
    )


def decline(count: int) -> None:
    report("payment_intent.payment_failed", count)


@pytest.fixture
def treasurer(django_user_model: Any) -> Any:
    person = django_user_model.objects.create_user("tess@example.org", is_staff=True)
    person.groups.add(Group.objects.get(name="Treasurer"))
    support = django_user_model.objects.create_user("sam@example.org", is_staff=True)
    support.groups.add(Group.objects.get(name="Support"))
    return person


@pytest.mark.usefixtures("clock")
def test_many_declined_cards_ring_it_and_the_treasurer_is_told_once(treasurer: Any) -> None:
    decline(9)
    assert alarm.watch() == 0
    decline(10)
    assert alarm.watch() == 1
    assert alarm.watch() == 0
    assert rules.current().alarm
    assert Alarm.objects.get().declined == 19
    outbox.send_due(emails.compose)
    (letter,) = sent.outbox
    assert letter.to == ["tess@example.org"]
    assert "19 cards were declined" in letter.body
    assert "/admin/donations/shield/" in letter.body


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("reason", "rings"), [("subscription_create", 1), ("subscription_cycle", 0)])
def test_cards_tried_as_monthly_gifts_ring_it_and_renewals_that_fail_do_not(
    reason: str, rings: int, treasurer: Any
) -> None:
    failed = {"data": {"object": {"object": "invoice", "billing_reason": reason}}}
    report("invoice.payment_failed", 19, json.dumps(failed, indent=2))
    assert alarm.watch() == rings


@pytest.mark.usefixtures("clock")
def test_declined_cards_among_more_that_pay_are_as_usual() -> None:
    decline(12)
    report("checkout.session.completed", 12)
    assert alarm.watch() == 0


def test_it_ends_by_itself_when_cards_are_no_longer_tested_and_rings_anew_for_new_ones(clock: Any) -> None:
    decline(20)
    alarm.watch()
    clock.shift(timedelta(minutes=59))
    assert alarm.watch() == 0
    clock.shift(timedelta(minutes=2))
    assert alarm.watch() == 1
    assert not rules.current().alarm
    decline(10)
    assert alarm.watch() == 1
    assert Alarm.objects.count() == 2


def test_declines_of_before_an_end_by_hand_do_not_ring_it_again(clock: Any) -> None:
    decline(20)
    alarm.watch()
    clock.shift(timedelta(seconds=1))
    assert alarm.end()
    clock.shift(timedelta(seconds=1))
    assert alarm.watch() == 0


def test_what_a_hand_rang_only_a_hand_ends(clock: Any, treasurer: Any) -> None:
    assert alarm.ring(declines.recent(), "root@example.org")
    assert not alarm.ring(declines.recent(), "root@example.org"), "one at a time"
    clock.shift(timedelta(days=2))
    assert alarm.watch() == 0
    outbox.send_due(emails.compose)
    assert "root@example.org rang the alarm by hand." in sent.outbox[0].body
    assert alarm.end()


@pytest.mark.usefixtures("clock")
def test_staff_choose_how_many_declines_ring_it() -> None:
    Shield.objects.update(declines=3)
    decline(3)
    assert alarm.watch() == 1


@pytest.mark.usefixtures("clock")
def test_a_site_without_the_shield_has_no_alarm(settings: pytest_django.Settings) -> None:
    settings.SHIELD = False
    decline(30)
    assert alarm.watch() == 0


def test_nobody_who_has_left_is_told(treasurer: Any) -> None:
    alarm.ring(declines.recent())
    treasurer.is_active = False
    treasurer.save()
    outbox.send_due(emails.compose)
    assert not sent.outbox
    assert Mail.objects.get().state == Mail.State.CLOSED


def test_the_average_moves_slowly_by_what_was_paid(clock: Any) -> None:
    from donations.jobs import scheduler
    from donations.jobs.registry import Result

    for _ in range(48):
        report("checkout.session.completed", 24)
        scheduler.store_result(rules.USUAL, Result(*rules.learn_what_is_usual()))
        clock.shift(timedelta(minutes=61))
    cache.clear()
    assert 20_000 < rules.current().usual < 22_000
    decline(500)
    assert rules.learn_what_is_usual()[1][rules.KNOWN_FROM] < 22_000, "an attack that pays nothing moves it not up"
