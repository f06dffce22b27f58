"""How many statements an event costs: each is work that every payment pays for, on either database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from donations.models import Donation
from mail.models import Mail
from tests.donations.stripe_objects import charge, event, intent, refund, session

Post = Callable[..., Any]

pytestmark = pytest.mark.django_db

UNCOUNTED = (
    *("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "EXECUTE tincup_lock_"),
    # Once for each connection.
    *("PREPARE", "SELECT pg_backend_pid", "SELECT EXISTS (SELECT 1 FROM pg_proc"),
)


@pytest.fixture
def costs(post_event: Post) -> Callable[[dict[str, Any]], int]:
    """The number of statements with which an event is handled, but for those that begin and end transactions.

    Several that are sent at once count each; the lock of a row, which PostgreSQL alone needs, counts not.
    """

    def cost(happening: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert post_event(happening).status_code == 200
        every = [each.strip() for query in queries for each in query["sql"].split("; ")]
        return sum(not each.startswith(UNCOUNTED) for each in every)

    return cost


def test_a_new_payment_told_by_its_session_alone(donation: Donation, costs: Callable[..., int]) -> None:
    # The event; the ids; the donation with its entries; entry, status, letter, the receipts' counter, receipt, total.
    assert costs(event("checkout.session.completed", session(donation))) == 9


def test_the_three_events_of_a_payment_in_stripes_order(donation: Donation, costs: Callable[..., int]) -> None:
    assert costs(event("charge.succeeded", charge(donation))) == 9
    assert costs(event("payment_intent.succeeded", intent(donation))) == 3, "they tell nothing new"
    assert costs(event("checkout.session.completed", session(donation))) == 5, "the address: status and letters"


def test_what_is_told_again(donation: Donation, costs: Callable[..., int]) -> None:
    completed = event("checkout.session.completed", session(donation))
    costs(completed)
    assert costs(completed) == 2, "the same event: it is there, and did not fail"
    assert costs(event("checkout.session.completed", session(donation))) == 3, "another one that says the same"


def test_an_event_that_is_nothing_to_us(donation: Donation, costs: Callable[..., int]) -> None:
    assert costs(event("product.created", {"id": "prod_1", "object": "product"})) == 1


def test_a_refund_that_waited_is_looked_for_only_where_one_may_wait(
    donation: Donation, costs: Callable[..., int]
) -> None:
    alone = costs(event("charge.succeeded", charge(donation)))
    other = Donation.objects.create(amount=2000, currency="usd", expires_at=donation.expires_at)
    costs(event("refund.created", refund(other)))
    assert costs(event("charge.succeeded", charge(other))) > alone + 5
    assert Mail.objects.filter(kind="refunded").count() == 1, "it was woken"
