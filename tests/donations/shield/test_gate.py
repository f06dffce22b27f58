"""Who may open a payment page, and what comes back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.models import Alarm, Chore, Donation, Opening, Shield
from donations.shield import gate, passes, places, refusals, rules
from donations.shield.passes import Ticket
from donations.shield.visitors import CAUGHT, DOUBTFUL
from donations.stripe import client
from donations.stripe.errors import Refused, StripeUnavailable
from tests.donations.shield.conftest import Pay, at, opened, opens, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "stripe_opens", "light_work")]

ANNA, BEN = at("203.0.113.9"), at("203.0.113.77")
FAR = at("198.51.100.1")


def solution(ticket: Ticket) -> str:
    found = []
    for part in range(ticket.parts):
        number = 0
        while not passes._zeros(f"{ticket.seed}.{part}.{number}", ticket.bits):
            number += 1
        found.append(str(number))
    return ",".join(found)


def crowd(pages: int) -> None:
    """So many pages from as many neighbourhoods."""
    for number in range(pages):
        opens(at(f"10.{number // 250}.{number % 250}.1"))


# --- Quiet times ---


def test_one_address_opens_ten_pages_and_then_ten_a_minute(clock: Any) -> None:
    assert opened(ANNA) == 10
    assert refused(ANNA).wait == 6
    clock.shift(timedelta(minutes=1))
    assert opened(ANNA) == 10


def test_one_address_opens_at_most_twenty_pages_in_forty_seconds(clock: Any) -> None:
    pages = 0
    for _ in range(41):
        pages += opened(ANNA)
        clock.shift(timedelta(seconds=1))
    assert pages <= 20


def test_another_address_is_not_held_up() -> None:
    opened(ANNA)
    assert opens(BEN).session_url
    assert opens(FAR).session_url


def test_the_addresses_around_it_open_three_times_as_many_together() -> None:
    assert sum(opened(at(f"203.0.113.{number}")) for number in range(9)) == 30
    assert opened(at("2001:db8:1:1::1")) == 10
    assert opened(at("2001:db8:1:1:ffff::")) == 0, "a /64 is one visitor"
    assert sum(opened(at(f"2001:db8:1:{number:x}::1")) for number in range(2, 9)) == 20


def test_the_same_form_again_costs_nothing() -> None:
    order = Order(amount=1000, currency="usd")
    first = checkout.begin(order, "kept", ANNA)
    opened(ANNA)
    assert checkout.begin(order, "kept", ANNA).session_url == first.session_url


def test_a_page_that_is_paid_gives_its_place_back_at_once(clock: Any, pay: Pay) -> None:
    donations = [opens(ANNA) for _ in range(10)]
    refused(ANNA)
    for donation in donations[:3]:
        pay(donation)
    clock.shift(timedelta(seconds=refusals.FOR))
    assert opened(ANNA) == 3


def test_a_flood_costs_the_database_one_look_a_second(clock: Any) -> None:
    opened(ANNA)
    with CaptureQueriesContext(connection) as asked:
        for _ in range(20):
            with suppress(gate.Shut):
                gate.admit(ANNA, 1000)
    assert len(asked) == 0
    clock.shift(timedelta(seconds=refusals.FOR))
    assert refused(ANNA).wait == 5


def test_a_payment_gives_its_place_back_once(pay: Pay) -> None:
    first, *_others = [opens(ANNA) for _ in range(10)]
    pay(first)
    assert places.settle() == 1
    assert places.settle() == 0
    assert opened(ANNA) == 1


def test_a_page_that_ends_unpaid_gives_nothing_back() -> None:
    opened(ANNA)
    Donation.objects.update(status=Status.EXPIRED, checkout="expired")
    assert places.settle() == 10
    assert not Opening.objects.exists()
    assert opened(ANNA) == 0


def test_fifty_donors_behind_one_address_who_pay_within_five_minutes_are_all_served(clock: Any, pay: Pay) -> None:
    """They come over three minutes, and each pays five minutes after the page was opened, the latest time there is."""
    waiting, begun = 50, list[tuple[int, Donation]]()
    for second in range(0, 600, 6):
        coming = min(waiting, 2) if second < 180 else waiting
        for _ in range(coming):
            with suppress(gate.Shut):
                begun.append((second, opens(ANNA)))
                waiting -= 1
        for paid in [entry for entry in begun if entry[0] == second - 300]:
            pay(paid[1])
        places.settle()
        clock.shift(timedelta(seconds=6))
    assert len(begun) == 50
    assert max(second for second, _ in begun) <= 300


def test_fifty_who_pay_in_half_a_minute_hardly_wait(clock: Any, pay: Pay) -> None:
    begun: list[tuple[int, Donation]] = []
    for second in range(0, 120, 2):
        if len(begun) < 50:
            begun.append((second, opens(ANNA)))
        for paid in [entry for entry in begun if entry[0] == second - 16]:
            pay(paid[1])
        clock.shift(timedelta(seconds=2))
    assert len(begun) == 50


# --- Signals ---


def test_a_hasty_form_costs_two_and_the_field_that_nobody_sees_five() -> None:
    assert opened(at("203.0.113.1", cost=DOUBTFUL)) == 5
    assert opened(at("198.51.100.1", cost=CAUGHT)) == 2


def test_whoever_looks_doubtful_waits_in_an_alarm_and_is_not_shut_out(clock: Any) -> None:
    Alarm.objects.create()
    assert opened(at("203.0.113.1", cost=CAUGHT)) == 1
    clock.shift(timedelta(minutes=5))
    assert opened(at("203.0.113.1", cost=CAUGHT)) == 1


def test_half_of_the_sites_pages_are_kept_for_those_of_whom_nothing_speaks_against() -> None:
    assert sum(opened(at(f"10.0.{number}.1", cost=DOUBTFUL), 1) for number in range(50)) == 30
    crowd(30)


# --- The whole site ---


def test_two_hundred_addresses_open_at_most_120_pages_in_forty_seconds(clock: Any) -> None:
    entries = []
    for _ in range(2):
        for number in range(200):
            with suppress(gate.Shut):
                entries.append(gate.admit(at(f"10.0.{number}.1"), 1000))
        clock.shift(timedelta(seconds=40))
    assert 60 <= len(entries) <= 120


def test_pages_that_are_paid_do_not_count_for_the_whole_site(pay: Pay) -> None:
    crowd(60)
    refused(FAR)
    for donation in Donation.objects.all()[:5]:
        pay(donation)
    assert places.settle() == 5
    assert sum(opened(at(f"172.16.{number}.1"), 1) for number in range(9)) == 5


def test_a_page_that_was_worked_for_gives_nothing_back_to_the_whole_site(pay: Pay) -> None:
    crowd(60)
    ticket = refused(FAR).ticket
    assert ticket is not None
    pay(opens(at("198.51.100.1", ticket=ticket.text, solution=solution(ticket))))
    assert places.settle() == 1
    assert opened(at("172.16.1.1"), 1) == 0


def test_the_ceiling_follows_what_is_usual() -> None:
    Chore.objects.create(name=rules.USUAL, due_at="2026-03-02T00:00Z", data={rules.KNOWN_FROM: 360_000})  # six a minute
    assert rules.current().site.burst == 120


def test_whoever_waits_a_minute_passes_the_crowd_once(clock: Any) -> None:
    crowd(60)
    shut = refused(FAR)
    assert shut.ticket is not None
    assert (shut.wait, shut.work) == (60, True)
    clock.shift(timedelta(seconds=30))
    crowd(30)
    with_it = at("198.51.100.1", ticket=shut.ticket.text)
    again = refused(with_it)
    assert again.ticket is not None
    assert (again.ticket.text, again.wait) == (shut.ticket.text, 30), "who waits already goes on waiting"
    clock.shift(timedelta(seconds=30))
    crowd(30)
    assert opens(with_it).session_url
    assert refused(with_it).ticket is not None


def test_a_browser_that_works_passes_the_crowd_at_once_and_once() -> None:
    crowd(60)
    ticket = refused(FAR).ticket
    assert ticket is not None
    worked = at("198.51.100.1", ticket=ticket.text, solution=solution(ticket))
    assert opens(worked).session_url
    assert refused(worked).ticket != ticket


@pytest.mark.parametrize("wrong", ["", "1", "1,2,3,4,5,6,7,8", "x" * 300])
def test_a_wrong_solution_is_none(wrong: str) -> None:
    crowd(60)
    ticket = refused(FAR).ticket
    assert ticket is not None
    refused(at("198.51.100.1", ticket=ticket.text, solution=wrong))


def test_a_ticket_is_for_one_place_and_cannot_be_made_by_others(clock: Any) -> None:
    crowd(60)
    ticket = refused(FAR).ticket
    assert ticket is not None
    right = solution(ticket)
    refused(at("192.0.2.1", ticket=ticket.text, solution=right))
    refused(at("198.51.100.1", ticket=ticket.text[:-1] + "x", solution=right))
    clock.shift(passes.GOOD_FOR)
    crowd(60)
    refused(at("198.51.100.1", ticket=ticket.text, solution=right))


def test_work_does_not_widen_what_one_address_may_do() -> None:
    crowd(60)
    pages = 0
    for _ in range(20):
        ticket = passes.make(FAR.place, alarm=False)
        pages += opened(at("198.51.100.1", ticket=ticket.text, solution=solution(ticket)), 1)
    assert pages == 10
    shut = refused(at("198.51.100.1", ticket=ticket.text, solution=solution(ticket)))
    assert (shut.ticket, shut.work) == (ticket, False)


# --- In an alarm ---


def test_in_an_alarm_one_address_opens_three_pages_and_then_one_a_minute(clock: Any) -> None:
    Alarm.objects.create()
    assert opened(ANNA) == 3
    assert refused(ANNA).wait == 60
    clock.shift(timedelta(minutes=2))
    assert opened(ANNA) == 2


def test_in_an_alarm_work_brings_the_limits_of_quiet_times_back() -> None:
    Alarm.objects.create()
    opened(ANNA)
    ticket = refused(ANNA).ticket
    assert ticket is not None
    assert ticket.bits == passes.BITS_IN_ALARM
    assert opens(at("203.0.113.9", ticket=ticket.text, solution=solution(ticket))).session_url


def test_small_gifts_can_be_closed_in_an_alarm() -> None:
    Shield.objects.update(least_in_alarm=2000)
    assert opens(ANNA).session_url
    Alarm.objects.create()
    cache.clear()
    with pytest.raises(gate.AmountClosed):
        opens(ANNA)
    assert opens(ANNA, Order(amount=2000, currency="usd")).session_url


# --- Stripe ---


def test_at_most_four_calls_to_stripe_at_once_from_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[gate.Shut] = []
    depth = 0

    def create(**_: Any) -> dict[str, Any]:
        """While this call lasts, the same address asks for another page."""
        nonlocal depth
        depth += 1
        try:
            opens(ANNA)
        except gate.Shut as shut:
            inside.append(shut)
        return {"id": f"cs_{depth}_{len(inside)}", "url": "https://stripe.test"}

    monkeypatch.setattr(client, "create_session", create)
    opens(ANNA)
    assert depth == 4
    assert [shut.wait <= 12 for shut in inside] == [True]


@pytest.mark.parametrize(
    ("error", "left"), [(StripeUnavailable("reset"), 10), (Refused(400, "", "no"), 0)], ids=["silent", "refuses"]
)
def test_a_stripe_that_does_not_answer_costs_nobody_a_place_and_a_refusal_does(
    monkeypatch: pytest.MonkeyPatch, error: Exception, left: int
) -> None:
    real = client.create_session

    def create(**_: Any) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(client, "create_session", create)
    for _ in range(10):
        with pytest.raises(checkout.TryAgain):
            opens(ANNA)
    monkeypatch.setattr(client, "create_session", real)
    assert opened(ANNA) == left


def test_when_it_is_switched_off_nobody_waits_and_nothing_is_kept(settings: pytest_django.Settings) -> None:
    settings.SHIELD = False
    assert opened(ANNA) == 40
    assert not Opening.objects.exists()
