"""Many at the same moment: deliveries of one event, clicks on one form, donors on one site."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from donations.models import Donation, LedgerEntry, StripeRef
from donations.stripe import events
from tests.donations.stripe_objects import charge, event, intent, session, signature, text
from tests.system.journeys.databases import Database
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site
from tests.system.journeys.stripe_side import SECRET
from tests.system.journeys.waiting import Within

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def all_at_once(work: Callable[[Thing], Result], things: list[Thing]) -> list[Result]:
    """Do the work on every thing at the same moment, each in a thread of its own; the results in the same order."""
    gate = threading.Barrier(len(things))

    def wait_and_work(thing: Thing) -> Result:
        gate.wait(30)
        return work(thing)

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(wait_and_work, things))


# --- One event, one form ----------------------------------------------------------------------------------------------


def test_fifty_deliveries_of_one_event_at_once_are_all_taken_and_booked_once(
    site: Site, donor: Callable[[Site], Donor]
) -> None:
    site.start()
    site.stripe.behave(delivery="lost")
    ada = donor(site)
    ada.pays(ada.gives_until_it_works(Within(20)))
    (completed,) = site.stripe.events(type="checkout.session.completed")
    body = json.dumps(completed).encode()

    answers = all_at_once(lambda _: site.receives(body, signature(body, secret=SECRET)), list(range(50)))

    assert answers == [200] * 50
    assert site.database.rows("SELECT id, state, attempts FROM donations_stripeevent") == [
        (completed["id"], "handled", 1)
    ]
    assert [row[:3] for row in site.ledger()] == [("payment", 2000, "usd")]
    assert site.database.rows("SELECT status, flags FROM donations_donation") == [("paid", "")]


def test_eight_clicks_on_one_form_at_once_lead_to_one_page(site: Site, donor: Callable[[Site], Donor]) -> None:
    site.start()
    ada = donor(site)
    tabs = [donor(site) for _ in range(8)]
    for tab in tabs:
        tab.form["token"] = ada.form["token"]

    answers = all_at_once(lambda tab: tab.gives(), tabs)

    (opened,) = site.stripe.sessions()
    assert [(answer.status_code, answer.headers.get("Location")) for answer in answers] == [(303, opened["url"])] * 8
    assert site.database.count("donations_donation") == 1


# --- Events of one gift, through two connections ----------------------------------------------------------------------


def happenings(donation: Donation) -> list[dict[str, Any]]:
    """All that Stripe may tell of a gift that was declined, sent by a bank, and then paid twice."""
    second = {"payment_intent": f"pi_second_{donation.uuid.hex}"}
    unpaid = session(donation, payment_status="unpaid")
    return [
        event("payment_intent.payment_failed", intent(donation, status="requires_payment_method", amount_received=0)),
        event("checkout.session.completed", unpaid),
        event("checkout.session.async_payment_failed", unpaid),
        event("charge.succeeded", charge(donation)),
        event("payment_intent.succeeded", intent(donation)),
        event("checkout.session.completed", session(donation)),
        event("checkout.session.async_payment_succeeded", session(donation)),
        event("checkout.session.completed", session(donation, id=f"cs_second_{donation.uuid.hex}", **second)),
        event("charge.succeeded", charge(donation, id=f"ch_second_{donation.uuid.hex}", **second)),
    ]


def new_gift() -> Donation:
    uuid = Donation(amount=1).uuid
    return Donation.objects.create(
        uuid=uuid,
        amount=2000,
        currency="usd",
        session_id=f"cs_test_{uuid.hex}",
        expires_at=timezone.now() + timedelta(hours=2),
        ask_at=timezone.now(),
    )


def rows(donation: Donation) -> dict[str, list[Any]]:
    """Everything that the events decided about this gift, with its number blotted out of Stripe's ids."""
    state = Donation.objects.filter(pk=donation.pk).values_list(
        "status", "checkout", "settling_failed", "flags", "email", "ask_at"
    )
    ledger = LedgerEntry.objects.filter(donation=donation).values_list("kind", "source", "amount", "currency")
    refs = StripeRef.objects.filter(donation=donation).values_list("pk")
    return {
        name: sorted(tuple(str(value).replace(donation.uuid.hex, "1") for value in row) for row in found)
        for name, found in {"state": state, "ledger": ledger, "refs": refs}.items()
    }


PAID_TWICE = {
    "state": [("paid", "complete", "True", "twice", "ada@example.org", "None")],
    "ledger": [("payment", "pi_1", "2000", "usd"), ("payment", "pi_second_1", "2000", "usd")],
    "refs": [("ch_1",), ("ch_second_1",), ("cs_second_1",), ("cs_test_1",), ("pi_1",), ("pi_second_1",)],
}


def receive_all(told: list[dict[str, Any]]) -> None:
    """What one connection brings."""
    try:
        for each in told:
            events.receive(text(each))
    finally:
        connection.close()


DELIVERIES = st.tuples(st.permutations(range(9)), st.permutations(range(9)), st.integers(0, 9))


@pytest.mark.django_db(transaction=True)
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deliveries=DELIVERIES)
def test_in_any_order_through_two_connections_the_events_of_a_gift_end_in_the_same_rows(
    deliveries: tuple[list[int], list[int], int],
) -> None:
    first, second, again = deliveries
    gift = new_gift()
    told = happenings(gift)
    # Each event through either connection; the first `again` of one order go through the other as well.
    left = [told[number] for number in first[:5] + second[:again]]
    right = [told[number] for number in first[5:] + first[:again]]
    all_at_once(receive_all, [left, right])

    assert rows(gift) == PAID_TWICE


# --- Many donors, and Stripe's stand-in in the same process -----------------------------------------------------------


@pytest.fixture
def own_site(stack: ExitStack, new_sqlite: Callable[[], Database]) -> Site:
    """As `make run` starts it."""
    site = Site(stack, new_sqlite())
    site.start()
    return site


@pytest.fixture
def forty(stack: ExitStack, own_site: Site) -> list[Donor]:
    return [stack.enter_context(Donor(own_site.address)).opens_the_form() for _ in range(40)]


@pytest.mark.slow
def test_forty_donors_at_once_get_a_page_or_are_told_to_try_again_and_then_all_give(
    own_site: Site, forty: list[Donor]
) -> None:
    answers = all_at_once(lambda donor: donor.gives(), forty)

    refused = [(donor, answer) for donor, answer in zip(forty, answers, strict=True) if answer.status_code == 503]
    assert {answer.status_code for answer in answers} <= {303, 503}
    assert all(answer.headers["Retry-After"] for _, answer in refused)
    assert all(donor.waited < 5 for donor, _ in refused), "a refusal comes at once"
    pages = own_site.database.count("donations_donation", "session_url <> ''")
    assert pages == 40 - len(refused) == len(own_site.stripe.sessions())

    soon = Within(60)
    urls = all_at_once(lambda donor: donor.gives_until_it_works(soon), forty)
    assert len(set(urls)) == len(own_site.stripe.sessions()) == own_site.database.count("donations_donation") == 40

    longest = max(donor.longest_wait for donor in forty)
    print(f"{len(refused)} of 40 donors were refused at first; the longest that anybody waited is {longest:.1f} s")
    assert longest < 20

    paid = all_at_once(lambda donor: donor.pays(urls[forty.index(donor)]).status_code, forty)
    assert paid == [303] * 40
    soon.see(lambda: own_site.stats()["donations"] == 40, "forty gifts in the public total")
    soon.see(lambda: not own_site.stripe.undelivered(), "all events delivered")
    assert [row[:3] for row in own_site.ledger()] == [("payment", 2000, "usd")] * 40
    assert own_site.stats()["raised"] == "800.00"
