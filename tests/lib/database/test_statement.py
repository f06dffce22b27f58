"""Statements that are built once: the same values come back, prepared or not, whoever stands between."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations.models import Case, Donation, StripeEvent
from lib.database import rows, statement

pytestmark = pytest.mark.django_db

ROW = rows.Reader(StripeEvent, "id", "type", "state", "retry_at", "attempts", "body", "received_at")


def event(key: str, **changes: Any) -> StripeEvent:
    return StripeEvent(**{"id": key, "type": "%s; €", "state": "handled", "body": '{"a": "%"}', **changes})


def test_what_was_inserted_and_updated_is_read_again(donation: Donation) -> None:
    noon = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
    assert rows.insert_once(event("evt_1", received_at=noon)) is not None
    assert rows.insert_once(event("evt_1", type="another")) is None, "the first one stays"
    found = ROW.get("evt_1")
    assert found is not None
    assert (found.type, found.body, found.retry_at, found.received_at) == ("%s; €", '{"a": "%"}', None, noon)
    found.state, found.retry_at, found.attempts = "failed", noon, 3
    rows.update(found, ["state", "retry_at", "attempts"])
    assert StripeEvent.objects.get() == found
    assert ROW.get("evt_1").retry_at == noon  # type: ignore[union-attr]
    assert ROW.get("evt_2") is None


def test_fields_that_were_not_read_are_fetched_when_asked_for(donation: Donation) -> None:
    found = rows.Reader(Donation, "id", "uuid").get(donation.pk)
    assert found is not None
    assert (found.uuid, found.amount, found.created_at) == (donation.uuid, 2000, donation.created_at)


def test_a_row_with_every_kind_of_field(donation: Donation) -> None:
    case = rows.insert_once(
        Case(id="re_1", kind="refund", donation=donation, amount=5, currency="usd", status="x", debited=True,
             opened_at=timezone.now(), as_of=timezone.now())
    )  # fmt: skip
    assert case == Case.objects.get(donation=donation, debited=True, deadline=None)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's driver prepares by itself")
def test_postgresql_plans_once_unless_a_pooler_gives_every_transaction_another_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ROW.get("evt_1")
    with CaptureQueriesContext(connection) as queries:
        ROW.get("evt_1")
    assert [query["sql"].split()[0] for query in queries] == ["EXECUTE"]

    # A pooler tells a number of its own, and not that of the server's process behind it.
    pooled = SimpleNamespace(get_backend_pid=lambda: -1)
    with connection.cursor() as cursor:
        assert statement._is_direct(connection.connection, cursor)
        assert not statement._is_direct(pooled, cursor)
    monkeypatch.setattr(statement._sessions[connection.connection], "prepared", None)
    with CaptureQueriesContext(connection) as queries:
        ROW.get("evt_1")
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no connection from one test to the next")
@pytest.mark.django_db(transaction=True)
def test_after_a_lost_connection_the_next_transaction_prepares_anew() -> None:
    for _ in range(2):
        with transaction.atomic():
            assert ROW.get("evt_1") is None
            assert ROW.get("evt_1") is None
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_after_an_error_the_next_transaction_goes_on() -> None:
    ROW.get("evt_1")
    with pytest.raises(DataError if connection.vendor == "postgresql" else IntegrityError), transaction.atomic():
        rows.insert_once(event("evt_1", type="x" * 200, attempts=-1))
    with transaction.atomic():
        assert ROW.get("evt_1") is None
        assert rows.insert_once(event("evt_1"))
    assert StripeEvent.objects.get().type == "%s; €"
