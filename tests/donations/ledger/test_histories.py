"""Any history of a gift, its events in any order, with looks at Stripe in between: one set of rows.

`HISTORIES=2000 pytest tests/donations/test_histories.py` tries more of them. What fails is printed deed by deed, with
a line (`@reproduce_failure`) that brings it back.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase, TransactionTestCase

from donations.donors import emails
from donations.ledger import monthly_totals
from donations.models import Case, Donation, Flag, LedgerEntry, Receipt, Standing, StripeEvent, Total
from donations.reporting import reconciliation
from donations.stripe import client as stripe_client
from donations.stripe import events, parsing, polling, resync
from mail.models import Mail
from mail.outbox import Cancel
from tests.donations import stripe_objects
from tests.donations.histories import BEGUN, History, client, live, stripe_in_process

EXAMPLES = int(os.environ.get("HISTORIES", "60"))
Deed = Callable[[], object]

generously = partial(
    settings, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


# When somebody looks after a deed: before the next deed, and not always in the same second as the one before.
LATER = st.sampled_from([0.0, 0.9])


def deliver(event: dict[str, Any]) -> None:
    """As Stripe does: signed, to the webhook's address."""
    body = json.dumps(event).encode()
    answer = client().post(
        "/stripe-webhook/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": stripe_objects.signature(body)},
    )
    assert answer.status_code == 200, StripeEvent.objects.filter(pk=event["id"]).values("error")


def look(reference: str) -> Deed:
    """Ask Stripe now, and give back what books the answer: a process can be slow between the two."""
    at = polling.fetch_time()
    report = parsing.update_of(stripe_client.retrieve(reference), at=at)
    assert report
    return partial(events.post, report)


def reconcile() -> None:
    resync.run(BEGUN - timedelta(days=1))


def housekeep() -> None:
    """At once: what tells of a bank payment first need not tell when it arrived, so Stripe is asked for that."""
    polling.retry_due_deferred()


def rows(history: History, *, lossy: bool = False) -> dict[str, Any]:
    """Everything that a history decides, ids and times aside."""
    mine = {"donation__uuid": history.donation.uuid}
    donations = Donation.objects.filter(uuid=history.donation.uuid)
    fields = ["amount", "currency", "status", "flags", "checkout", "settling_failed", "email", "session_id", "public"]
    # That a payment was on its way for a while is told by events alone: what Stripe holds in the end does not show it.
    fields += [] if lossy else ["delayed"]
    sums: Counter[tuple[str, str]] = Counter()
    for total in Total.objects.all():
        for name in ("raised", "refunded", "disputed", "gifts"):
            sums[total.currency, name] += getattr(total, name)
    return {
        "donation": list(donations.values_list(*fields)),
        "ledger": sorted(LedgerEntry.objects.filter(**mine).values_list("kind", "source", "amount", "currency")),
        "receipts": Receipt.objects.filter(entry__donation__uuid=history.donation.uuid).count(),
        "cases": sorted(Case.objects.filter(**mine).values_list(
            "id", "kind", "amount", "currency", "status", "reason", "debited", "credited")),
        "totals": {key: amount for key, amount in sums.items() if amount},
        "wall": list(Standing.objects.filter(**mine).values_list("amount", "level__name", "named")),
        "letters": sorted(owed()),
    }  # fmt: skip


def owed() -> Iterable[tuple[str, str, str]]:
    """The e-mails that would be written now: one whose reason is gone is closed when its turn comes."""
    for kind, key in Mail.objects.values_list("kind", "key"):
        letter = emails.compose(kind, key)
        if not isinstance(letter, Cancel):
            yield kind, key, getattr(letter, "to", "")


def in_order(history: History) -> dict[str, Any]:
    """The rows after every event came once, as it happened; then all that is taken back."""
    with transaction.atomic():
        for event in history.events:
            deliver(event)
        wanted = rows(history)
        transaction.set_rollback(True)
    return wanted


def assert_as_it_happened(history: History, *, reconciled: bool) -> None:
    """The ledger holds what was done, the status is the fold of it, and the caches and both books agree."""
    entries = LedgerEntry.objects.filter(donation__uuid=history.donation.uuid)
    assert Counter(entries.values_list("kind", "amount")) == history.rows()
    donation = Donation.objects.get(uuid=history.donation.uuid)
    assert donation.status == history.status()
    assert dict(donation.cases.values_list("id", "status")) == history.cases()
    assert (Flag.REBUILT in donation.flags) == history.forgotten
    assert monthly_totals.compare() == {}
    assert not StripeEvent.objects.exclude(state__in=["handled", "ignored"]).exists()
    if reconciled:
        history.wait(20 * 60)
        verdict = reconciliation.reconcile(with_bank=polling.still_with_bank(reconciliation.open_debits()))
        assert verdict.agree
        assert not verdict.others


@dataclass
class Timetable:
    """What the site hears, in turns: the moments of the history one by one, and one turn after its end."""

    # At each moment: what can only happen then, before anything of a later moment exists.
    looks: list[list[tuple[str, float, int]]]
    turns: list[list[Deed]]
    reconciles: list[bool]
    lossy: bool


def timetable(data: st.DataObject, history: History) -> Timetable:
    end = len(history.moments)
    lossy = data.draw(st.booleans(), "some events are lost")
    # Refunds and disputes of a payment that nobody has told of yet.
    early = data.draw(st.booleans(), "the payment is told last")
    drawn = Timetable([], [[] for _ in range(end + 1)], [], lossy=False)
    for number, moment in enumerate(history.moments):
        # When an event arrives, once or more; never means that it is lost. All of a moment may be late together.
        untold = early and number < history.payment
        first = end if untold else data.draw(st.integers(number, end), f"moment {number} is told from turn")
        arrivals = st.lists(st.integers(first, end), min_size=0 if lossy else 1, max_size=2)
        for event in moment.events:
            turns = data.draw(arrivals, f"{event['type']} of moment {number} arrives in turns")
            drawn.lossy = drawn.lossy or not turns
            for turn in turns:
                drawn.turns[turn].append(partial(deliver, event))
        looks = st.tuples(st.sampled_from(moment.things), LATER, st.integers(first, end))
        drawn.looks.append(
            data.draw(st.lists(looks, max_size=2), f"looks at moment {number}: at what, seconds later, booked in turn")
        )
        reconciles = st.just(False) if early else st.sampled_from([False] * 5 + [True])
        drawn.reconciles.append(data.draw(reconciles, f"reconcile at moment {number}"))
    return drawn


@pytest.mark.slow
class AnyOrderEndsAlike(TestCase):
    databases = {"default", "sandbox"}

    @generously(max_examples=EXAMPLES)
    @given(st.data())
    def test_whatever_arrives_whenever_the_rows_are_those_of_the_order_in_which_it_happened(
        self, data: st.DataObject
    ) -> None:
        with stripe_in_process(), time_machine.travel(BEGUN, tick=False) as clock:
            history = live(data, clock)
            plan = timetable(data, history)
            wanted = in_order(history)
            for moment, looks, reconciles, turn in zip(
                history.moments, plan.looks, plan.reconciles, plan.turns[:-1], strict=True
            ):
                history.go_to(moment)
                for reference, later, booked in looks:
                    history.go_to(moment, later)
                    plan.turns[booked].append(look(reference))
                deeds = turn + [reconcile] * reconciles
                for deed in data.draw(st.permutations(deeds)):
                    deed()
            history.wait(2)
            for deed in data.draw(st.permutations(plan.turns[-1])):
                deed()
            housekeep()
            reconciled = plan.lossy or data.draw(st.booleans(), "reconcile at the end")
            if reconciled:
                reconcile()
            if plan.lossy:
                wanted["donation"] = [row[:-1] for row in wanted["donation"]]
            assert rows(history, lossy=plan.lossy) == wanted
            assert_as_it_happened(history, reconciled=reconciled)


class TwoConnectionsEndAlike(TransactionTestCase):
    databases = {"default", "sandbox"}

    @generously(max_examples=max(1, EXAMPLES // 4))
    @given(st.data())
    def test_what_arrives_at_the_same_moment_ends_in_the_same_rows(self, data: st.DataObject) -> None:
        """Two by two: each would fold its own view of the gift, were it not for the locks."""
        with stripe_in_process(), time_machine.travel(BEGUN, tick=False) as clock:
            history = live(data, clock)
            deeds: list[list[Deed]] = [[], []]
            lossy = data.draw(st.booleans(), "some events are lost")
            # Once is enough: whatever comes again would mend what the first went wrong with.
            who = st.lists(st.integers(0, 1), min_size=0 if lossy else 1, max_size=1)
            missed = False
            for moment in history.moments:
                history.go_to(moment)
                for event in moment.events:
                    takers = data.draw(who, f"{event['type']} comes to")
                    missed = missed or not takers
                    for taker in takers:
                        deeds[taker].append(partial(deliver, event))
                for reference in data.draw(st.lists(st.sampled_from(moment.things), max_size=1), "looks at"):
                    deeds[data.draw(st.integers(0, 1), "by")].append(look(reference))
            history.wait(2)
            wanted = in_order(history)
            at_once([data.draw(st.permutations(mine)) for mine in deeds])
            housekeep()
            if missed:
                reconcile()
                wanted["donation"] = [row[:-1] for row in wanted["donation"]]
            assert rows(history, lossy=missed) == wanted
            assert_as_it_happened(history, reconciled=missed)


def at_once(orders: list[list[Deed]]) -> None:
    """Do the first of each at the same moment, each over its own connection, then the second of each."""
    start = Barrier(len(orders), timeout=60)

    def work(order: list[Deed]) -> None:
        try:
            for number in range(max(map(len, orders))):
                start.wait()
                if number < len(order):
                    order[number]()
        except BaseException:
            start.abort()
            raise
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(orders)) as pool:
        for done in [pool.submit(work, order) for order in orders]:
            done.result()
