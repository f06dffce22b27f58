"""A database that an earlier version made works with this one: its rows stay, and what was added fits in."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import pytest

from tests.project.running import SECRET_KEY, free_port, python, running
from tests.system.journeys.databases import POSTGRESQL, Database, empty_postgresql_databases

DUMPS = Path(__file__).parent / "older_databases"
# Whoever gave, what moved, what was told: none of it may change by an upgrade.
KEPT = {
    "donations_donation": "id, uuid, amount, currency, name, email, message, public, status, user_id",
    "donations_ledgerentry": "id, donation_id, kind, source, amount, currency, happened_at",
    "donations_case": "id, kind, donation_id, amount, status",
    "donations_receipt": "number, entry_id",
    "donations_balancetransaction": "id, amount, fee, net, currency",
    # What is counted in which column of a month has changed: the proof below compares that with the ledger.
    "donations_total": "currency, month, raised, offline",
    "donations_stripeevent": "id, state, waits_for",
    "donations_standing": "donation_id, amount, level_id",
    "mail_mail": "kind, key, state",
    "accounts_user": "id, email, name, password",
}


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Database]:
    """What version 0.1.0 left behind: thirty donations of a year, with refunds and disputes."""
    if not POSTGRESQL:
        file = tmp_path / "site.sqlite3"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript((DUMPS / "0.1.0-sqlite.sql").read_text())
        yield Database(f"sqlite:///{file}", lambda: sqlite3.connect(file, timeout=20))
        return
    with empty_postgresql_databases(POSTGRESQL) as make:
        database = make()
        with closing(psycopg2.connect(database.url)) as connection:
            connection.cursor().execute((DUMPS / "0.1.0-postgresql.sql").read_text())
            connection.commit()
        yield database


def kept(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(database.rows(f"SELECT {columns} FROM {table}"), key=str) for table, columns in KEPT.items()}


def test_an_older_database_works_after_the_upgrade(older: Database) -> None:
    before = kept(older)
    assert len(before["donations_ledgerentry"]) == 36, "the dump holds a ledger"
    raised = sum(row[4] for row in before["donations_ledgerentry"])
    port = free_port()
    variables = {
        "SECRET_KEY": SECRET_KEY,
        "DEBUG": "true",
        "PORT": str(port),
        "DATABASE_URL": older.url,
        "STRIPE_SECRET_KEY": "sk_test_1",
    }

    prepared = python("-m", "project.prepare", **variables)
    assert prepared.returncode == 0, prepared.stderr
    assert kept(older) == before

    with running("-m", "project.serve", port=port, **variables) as site:
        assert json.loads(site.ask("GET", "/api/stats/").text)["raised_minor"] == raised
        assert site.ask("GET", "/readyz").status == 200, "the triggers stand"
        for page in ("/", "/donate", "/sponsors"):
            assert site.ask("GET", page).status == 200
    agrees = "from donations.reporting.reconciliation import reconcile as r; import sys; sys.exit(not r().agree)"
    assert python("manage.py", "shell", "-c", agrees, **variables).returncode == 0

    jobs = {row[0] for row in older.rows("SELECT name FROM donations_chore")}
    assert {"reconcile", "mirror-payouts", "clean-up-accounts"} <= jobs
    assert not any(" " in job for job in jobs), "each is known by its slug now"
    data = older.rows("SELECT data FROM donations_chore WHERE name = 'reconcile'")[0][0]
    found = json.loads(data) if isinstance(data, str) else data
    assert (found["compared"], len(found["discrepancies"])) == (33, 0)


def test_an_older_database_of_practice_refuses_a_live_key_and_each_copy_of_it_has_one_id(older: Database) -> None:
    """A backup from before the upgrade, restored after it, knows the gifts that were made in between."""
    live = {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": older.url,
        "STRIPE_SECRET_KEY": "sk_live_1",
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
        "SITE_URL": "https://give.example.org",
        "EMAIL_URL": "dummymail://",
    }
    refused = python("-m", "project.prepare", **live)
    assert refused.returncode == 1
    assert refused.stderr.startswith("tincup: STRIPE_SECRET_KEY is a live key, but this database holds practice")
    identity = older.rows("SELECT site_id, mode FROM donations_siteidentity")
    (first,) = [row[0] for row in older.rows("SELECT source FROM donations_ledgerentry ORDER BY id LIMIT 1")]
    assert identity == [(uuid.uuid5(uuid.NAMESPACE_URL, f"tincup:{first}").hex, "test")]

    gifts = older.count("donations_donation")
    dropped = python("manage.py", "drop_practice", "--yes", **live)
    assert (dropped.returncode, f"donations: {gifts}" in dropped.stdout) == (0, True), dropped.stderr
    assert older.rows("SELECT site_id, mode FROM donations_siteidentity") == [(identity[0][0], "live")]
    assert older.count("donations_ledgerentry") == older.count("donations_donation") == 0
    assert older.count("accounts_user") > 0
    assert python("-m", "project.prepare", **live).returncode == 0
