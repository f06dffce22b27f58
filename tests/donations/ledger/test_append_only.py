"""The ledger cannot be edited: not in the ORM, not in SQL, on either database."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from donations.domain.updates import Payment, StripeUpdate
from donations.ledger import append_only, posting
from donations.models import AppendOnly, Donation, LedgerEntry

EVERY_TRIGGER = {
    "sqlite": 9,  # UPDATE, DELETE and REPLACE on three tables
    "postgresql": 9,  # and TRUNCATE
}


@pytest.fixture
def entry(donation: Donation) -> LedgerEntry:
    payment = Payment("pi_1", 2000, "usd")
    posting.post(StripeUpdate(at=donation.created_at, donation=donation.uuid, refs=("pi_1",), change=payment))
    return LedgerEntry.objects.get()


def drop(name: str) -> None:
    table = name.rpartition("_no_")[0]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE donations_ledgerentry SET amount = 1",
        "UPDATE donations_ledgerentry SET amount = amount",
        "DELETE FROM donations_ledgerentry",
    ],
)
def test_sql_is_refused_in_words(entry: LedgerEntry, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.get().amount == 2000


def test_a_row_cannot_be_replaced(entry: LedgerEntry) -> None:
    """SQLite passes over the new row; PostgreSQL has no REPLACE, and sees through the upsert that takes its place."""
    for columns in ("id, kind, source", f"{entry.pk}, kind, 'pi_2'", f"{entry.pk + 7}, kind, source"):
        row = f"SELECT {columns}, 1, currency, happened_at, recorded_at, donation_id FROM donations_ledgerentry"
        into = "donations_ledgerentry (id, kind, source, amount, currency, happened_at, recorded_at, donation_id)"
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT OR REPLACE INTO {into} {row}")
        else:
            upsert = f"MERGE INTO donations_ledgerentry AS a USING (SELECT {entry.pk} AS id) AS b ON a.id = b.id"
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"{upsert} WHEN MATCHED THEN UPDATE SET amount = 1")
    assert [(row.pk, row.source, row.amount) for row in LedgerEntry.objects.all()] == [(entry.pk, "pi_1", 2000)]


def test_a_trigger_of_that_name_on_another_table_protects_nothing(db: None) -> None:
    table, action = append_only.wanted("default")[0]
    name = f"{table}_no_{action}".lower()
    drop(name)
    body = "EXECUTE FUNCTION tincup_append_only()" if connection.vendor == "postgresql" else "BEGIN SELECT 1; END"
    each = "FOR EACH ROW " if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER {name} BEFORE {action} ON donations_chore {each}{body}")
    assert append_only.missing() == [name]


def test_the_orm_refuses_first(entry: LedgerEntry) -> None:
    for change in (
        lambda: LedgerEntry.objects.update(amount=1),
        lambda: LedgerEntry.objects.filter(pk=entry.pk).delete(),
        lambda: LedgerEntry.objects.bulk_update([entry], ["amount"]),
        entry.save,
        entry.delete,
    ):
        with pytest.raises(AppendOnly):
            change()


def test_a_trigger_that_was_lost_is_missed_and_put_back(db: None, client: Client) -> None:
    names = [f"{table}_no_{action}".lower() for table, action in append_only.wanted("default")]
    assert len(names) == EVERY_TRIGGER[connection.vendor]
    assert append_only.missing() == []
    drop(names[0])
    assert append_only.missing() == [names[0]]
    assert client.get("/readyz").status_code == 503
    assert [found.id for found in run_checks(databases=["default"]) if found.id == "donations.W004"]
    call_command("migrate", database="default", verbosity=0, skip_checks=False)
    assert append_only.missing() == [], "migrate is not kept from its work by the check"
    drop(names[0])

    append_only.make()
    assert append_only.missing() == []
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_rebuilt_table_gets_its_triggers_back_from_migrate() -> None:
    """On SQLite a change of a column rebuilds the table, which drops its triggers without a word."""
    field = LedgerEntry._meta.get_field("source")
    changed = field.clone()
    changed.max_length = 300
    changed.set_attributes_from_name("source")
    changed.model = LedgerEntry
    with connection.schema_editor() as editor:
        editor.alter_field(LedgerEntry, field, changed)
    with connection.schema_editor() as editor:
        editor.alter_field(LedgerEntry, changed, field)
    if connection.vendor == "sqlite":
        assert append_only.missing()
    call_command("migrate", database="default", verbosity=0, interactive=False)
    assert append_only.missing() == []
