"""One payment does not wait for another's write of the disk; whoever is told that it is booked, has it on the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from donations.ledger import receipt_numbers
from donations.models import Donation
from lib.database import commits
from tests.donations.stripe_objects import event, session

Post = Callable[..., Any]
Make = Callable[..., Donation]
DISK = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's transactions never overlap")


def waits(queries: CaptureQueriesContext) -> list[int]:
    return [place for place, query in enumerate(queries) if "tincup_wait" in query["sql"]]


@DISK
@pytest.mark.django_db(transaction=True)
def test_a_payment_is_answered_when_the_disk_has_it(donation: Donation, post_event: Post) -> None:
    completed = event("checkout.session.completed", session(donation))
    with CaptureQueriesContext(connection) as queries:
        post_event(completed)
    assert waits(queries)[-1] == len(queries) - 1, "the last thing of all"
    with CaptureQueriesContext(connection) as queries:
        post_event(completed)
    assert waits(queries), "another delivery at the same moment is not answered sooner"
    with CaptureQueriesContext(connection) as queries:
        post_event(event("product.created", {"id": "prod_1", "object": "product"}))
    assert not waits(queries), "where nobody stands in a queue, the commit itself waits"


@DISK
@pytest.mark.django_db(transaction=True)
def test_the_transaction_alone_does_not_wait(make_donation: Make) -> None:
    def setting() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return str(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    with transaction.atomic():
        entry = make_donation().entries.create(
            kind="payment", source="pi_1", amount=1, currency="usd", happened_at="2026-11-22T12:00:00Z"
        )
        receipt_numbers.draw(entry)
        assert setting() == "off"
    assert setting() == "on"


@DISK
@pytest.mark.django_db(transaction=True)
def test_while_one_waits_for_the_disk_the_next_is_booked(
    make_donation: Make, post_event: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = make_donation(), make_donation()
    waiting, go_on = threading.Event(), threading.Event()
    wait = commits._wait

    def wait_long() -> None:
        if threading.current_thread() is thread:
            waiting.set()
            go_on.wait(60)
        wait()

    monkeypatch.setattr(commits, "_wait", wait_long)

    def work() -> None:
        try:
            post_event(event("checkout.session.completed", session(slow)))
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert waiting.wait(60)
        assert post_event(event("checkout.session.completed", session(quick))).status_code == 200
    finally:
        go_on.set()
        thread.join()
    assert sorted(filter(None, map(receipt_numbers.find, (slow.entries.get(), quick.entries.get())))) == [1, 2]
