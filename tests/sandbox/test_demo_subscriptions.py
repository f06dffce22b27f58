"""A subscription of the past has lived through its own time, and nobody was told."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from sandbox import demo_subscriptions
from sandbox.models import Delivery, Event
from sandbox.objects.charge import Payer

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

DAY = 24 * 3600


@pytest.fixture
def begin():
    """Begins one of $20 a month, half a year ago."""
    # And two hours, so that no renewal is a draft just now.
    ago = int(time.time()) - 183 * DAY - 2 * 3600
    payer = Payer("ada@example.com", "Ada")
    return lambda **card: demo_subscriptions.begin(ago, 2000, "usd", payer=payer, metadata={"a": "b"}, **card)


def test_it_was_paid_every_month_until_now(begin):
    session, subscription = begin()
    now = int(time.time())
    subscription = demo_subscriptions.live(subscription, now)
    invoices = demo_subscriptions.invoices_of(subscription)
    assert {each.status for each in invoices} == {"paid"}
    assert len(invoices) in {6, 7}
    gaps = [later.created - one.created for one, later in pairwise(invoices)]
    assert all(28 * DAY <= gap <= 31 * DAY for gap in gaps)
    assert (session.status, subscription.status) == ("complete", "active")
    assert subscription.due_at is not None
    assert subscription.due_at > now
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_it_may_have_been_stopped_or_given_up(begin):
    _, stopped = begin()
    until = int(time.time()) - 60 * DAY
    stopped = demo_subscriptions.live(stopped, until, then_cancel=True)
    assert (stopped.status, stopped.body["ended_at"]) == ("canceled", until)
    _, failed = begin(card=demo_subscriptions.FAILS_LATER)
    failed = demo_subscriptions.live(failed, int(time.time()))
    assert (failed.status, failed.body["cancellation_details"]["reason"]) == ("canceled", "payment_failed")
    assert [each.status for each in demo_subscriptions.invoices_of(failed)] == ["paid", "open"]
