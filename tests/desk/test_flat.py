"""No list of the desk, and no page of the site, reads all of a table that grows with the donations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from desk.admin.paging import QuickList
from donations.models import Donation, LedgerEntry, StripeEvent
from donations.reporting import search_index
from donations.wall import listing

GROWING = (
    "donations_donation donations_ledgerentry donations_striperef donations_stripeevent donations_searchword"
    " donations_receipt donations_standing donations_balancetransaction mail_mail"
).split()
Statement = tuple[str, Any]


@contextmanager
def asked() -> Iterator[list[Statement]]:
    """The statements that run within."""
    seen: list[Statement] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield seen


def plan(sql: str, params: Any) -> str:
    """How the database would answer. PostgreSQL likes to read small tables whole: here it does so only if it must."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def reads_whole(sql: str, params: Any) -> set[str]:
    """The growing tables of which every row is read. The first rows of a list, in the order of its key, are a few."""
    told = plan(sql, params)
    scan = {"postgresql": r"Seq Scan on (\w+)", "sqlite": r"^SCAN (\w+)(?: USING INDEX sqlite_autoindex\w+)?$"}
    first_rows = " LIMIT " in sql and "USE TEMP B-TREE" not in told
    return set() if first_rows else set(re.findall(scan[connection.vendor], told, re.MULTILINE)) & set(GROWING)


@pytest.fixture
def gifts(db: None) -> list[Donation]:
    now = timezone.now()
    made = [Donation(amount=2000, currency="usd", name="Ada", email="ada@example.org", public=True, status="paid",
                     expires_at=now) for _ in range(3)]  # fmt: skip
    Donation.objects.bulk_create(made)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(donation=gift, kind="payment", source=f"pi_{gift.pk}", amount=2000, currency="usd", happened_at=now)
        for gift in made
    )
    StripeEvent.objects.bulk_create(StripeEvent(id=f"evt_{gift.pk}", type="x", state="handled") for gift in made)
    search_index.catch_up()
    return made


@pytest.mark.parametrize(
    "page",
    [
        *("/", "/sponsors", "/api/stats/", "/donate", "/admin/", "/admin/donations/donation/"),
        *("/admin/donations/donation/?status__exact=refunded", "/admin/donations/donation/?flagged=open"),
        *("/admin/donations/donation/?q=ada", "/admin/donations/donation/?q=ada@example.org"),
        *("/admin/donations/donation/?q=xyzzy", "/admin/donations/donation/?q=pi_1", "/admin/donations/donation/?q=7"),
        *("/admin/donations/ledgerentry/", "/admin/donations/stripeevent/", "/admin/donations/subscription/?q=ada"),
    ],
)
def test_every_statement_of_a_page_goes_by_an_index(
    client: Client, django_user_model: Any, gifts: list[Donation], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(QuickList, "list_per_page", 2)  # Django shows a list that fits on one page without a LIMIT
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    listing.people()  # counted anew now and then, and kept between: not by every page
    with asked() as statements:
        assert client.get(page).status_code == 200
    assert statements or page == "/donate"
    for sql, params in statements:
        assert reads_whole(sql, params) == set(), sql


def test_a_search_goes_by_the_words(gifts: list[Donation]) -> None:
    with asked() as statements:
        assert len(search_index.named(Donation.objects.all(), "ada")) == 3
    told = [plan(*statement) for statement in statements]
    assert any("searchword_by_word" in one for one in told), told
    assert all(reads_whole(*statement) == set() for statement in statements)


def test_the_rows_of_a_month_go_by_their_time(db: None) -> None:
    now = timezone.now()
    with asked() as statements:
        list(LedgerEntry.objects.filter(happened_at__gte=now - timedelta(days=30), happened_at__lt=now).order_by())
    assert "ledger_by_time" in plan(*statements[0])


def test_the_check_sees_what_has_no_index(db: None) -> None:
    with asked() as statements:
        list(Donation.objects.filter(message="x").order_by())
        list(StripeEvent.objects.filter(body="x").order_by())
    assert [reads_whole(*statement) for statement in statements] == [{"donations_donation"}, {"donations_stripeevent"}]
