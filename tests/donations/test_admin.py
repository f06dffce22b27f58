"""The admin corrects words, and never writes over what a webhook has settled meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from donations import ledger
from donations.models import Donation, LedgerEntry, StripeEvent
from donations.reports import Payment, Report
from donations.states import Status
from tests.donations.stripe_objects import event, session, text


@pytest.fixture
def treasurer(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    return client


def test_a_correction_writes_only_what_was_corrected(treasurer: Client, donation: Donation) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = treasurer.post(
            f"/admin/donations/donation/{donation.pk}/change/",
            {"name": "Ada", "email": "", "message": "", "entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0},
        )
    assert response.status_code == 302
    updates = [query["sql"] for query in queries.captured_queries if 'UPDATE "donations_donation"' in query["sql"]]
    assert len(updates) == 1
    assert updates[0].count(" = ") == 2, "one column, and the row's own id"
    donation.refresh_from_db()
    assert donation.name == "Ada"


def test_the_ledger_can_only_be_read(treasurer: Client, donation: Donation) -> None:
    payment = Payment("pi_1", 2000, "usd")
    ledger.record(Report(at=donation.created_at, donation=donation.uuid, refs=("pi_1",), payment=payment))
    entry = LedgerEntry.objects.get()
    page = f"/admin/donations/ledgerentry/{entry.pk}"
    assert treasurer.get(f"{page}/change/").status_code == 200
    assert treasurer.post(f"{page}/change/", {"amount": 1}).status_code == 403
    assert treasurer.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert treasurer.get("/admin/donations/ledgerentry/add/").status_code == 403


def test_a_failed_event_can_be_replayed(treasurer: Client, donation: Donation) -> None:
    completed = event("checkout.session.completed", session(donation))
    StripeEvent.objects.create(id=completed["id"], type=completed["type"], state="failed", body=text(completed))
    treasurer.post(
        "/admin/donations/stripeevent/", {"action": "replay", "_selected_action": completed["id"]}, follow=True
    )
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert StripeEvent.objects.get().state == StripeEvent.State.HANDLED
