"""Two years of donations, written down by SQL: a million takes a minute, and not an hour.

A donation a minute or so; every fiftieth went back, every thousandth is flagged, every third may be seen. All tables
that grow with donations get what posting would have left in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction

from donations.ledger import monthly_totals
from donations.models import (
    BalanceTransaction,
    Donation,
    LedgerEntry,
    Receipt,
    ReceiptCounter,
    SearchWord,
    Standing,
    StripeEvent,
    StripeRef,
    Total,
)
from lib.people.search_words import folded, words
from mail.models import Mail

# Names repeat, as people's do; the number and the address tell whose each is.
FIRST = ("Łucja", "José", "Ayşe", "Мария", "美咲", "Ada", "Björn")
LAST = ("Dvořák", "Müller", "Петрова", "佐藤", "O’Rourke", *["Smith"] * 6)
SQLITE = {
    "uuid": "printf('%032x', i)",
    "at": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (({count} - i) * 1051200 / {count}) || ' minutes')",
    "later": "strftime('%Y-%m-%d %H:%M:%f', {at}, '+365 days')",
    "true": "1",
    "false": "0",
}
POSTGRES = {
    "uuid": "lpad(to_hex(i), 32, '0')::uuid",
    "at": "now() - make_interval(mins => (({count} - i)::bigint * 1051200 / {count})::int)",
    "later": "{at} + interval '365 days'",
    "true": "true",
    "false": "false",
}
A_YEAR = "i > {count} / 2"


def _one_of(names: Sequence[str]) -> str:
    """The SQL that gives each donation one of these."""
    cases = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(names))
    return f"(CASE i % {len(names)} {cases} END)"


def write(count: int) -> None:
    """Fill the empty database with so many donations, and bring the database's statistics up to date."""
    dialect = POSTGRES if connection.vendor == "postgresql" else SQLITE
    at = dialect["at"].format(count=count)
    later = dialect["later"].format(at=at)
    first = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    yes, no = dialect["true"], dialect["false"]
    public = f"CASE WHEN i % 3 = 0 THEN {yes} ELSE {no} END"
    status = "CASE WHEN i % 50 = 0 THEN 'refunded' ELSE 'paid' END"
    amount = "500 + (i % 1000) * 7919 % 20000"

    def put(model: type[models.Model], where: str = "", **columns: str) -> None:
        _insert(model, first, f"FROM n {where}", columns)

    with transaction.atomic():
        put(Donation, id="i", uuid=dialect["uuid"], amount=amount, currency="'usd'",
            name=f"{_one_of(FIRST)} || ' ' || {_one_of(LAST)} || ' ' || i",
            email="'donor' || i || '@example.org'", created_at=at, expires_at=at, session_id="'cs_test_' || i",
            public=public, to_index=no, checkout="'complete'", status=status,
            flags="CASE WHEN i % 1000 = 0 THEN 'amount' ELSE '' END")  # fmt: skip
        for word in (
            "'donor' || i || '@example.org'",
            "'donor' || i",
            "'example.org'",
            "CAST(i AS varchar(10))",
            _one_of([folded(name) for name in FIRST]),
            _one_of([words(name)[-1] for name in LAST]),
        ):
            put(SearchWord, donation_id="i", word=word)  # fmt: skip
        put(LedgerEntry, id="i", donation_id="i", kind="'payment'", source="'pi_' || i", amount=amount,
            currency="'usd'", happened_at=at, recorded_at=at)  # fmt: skip
        put(LedgerEntry, "WHERE i % 50 = 0", id=f"{count} + i", donation_id="i", kind="'refund'", source="'re_' || i",
            amount=f"-({amount})", currency="'usd'", happened_at=at, recorded_at=at)  # fmt: skip
        for prefix in ("pi_", "ch_", "cs_test_"):
            put(StripeRef, id=f"'{prefix}' || i", donation_id="i", seen_at=at)
        put(BalanceTransaction, id="'txn_' || i", type="'charge'", category="'charge'", source="'ch_' || i",
            payment="'pi_' || i", site="'localhost'", gift_amount=amount, gift_currency="'usd'", amount=amount,
            fee="30", net=f"{amount} - 30", currency="'usd'", created_at=at)  # fmt: skip
        put(StripeEvent, id="'evt_' || i", type="'payment_intent.succeeded'", state="'handled'", received_at=at)
        put(Mail, id="i", kind="'paid'", key="'pi_' || i", state="'sent'", created_at=at, next_at="NULL", sent_at=at)
        put(Receipt, id="i", number="i", entry_id="i", issued_at=at)
        put(Standing, f"WHERE i % 3 = 0 AND i % 50 <> 0 AND {A_YEAR.format(count=count)}", donation_id="i",
            amount=amount, named=yes, lapses_at=later)  # fmt: skip
        ReceiptCounter.objects.update_or_create(id=1, defaults={"last": count})
        Total.objects.bulk_create(
            Total(currency=currency, month=month, **dict(zip(monthly_totals.COLUMNS, sums, strict=True)))
            for (currency, month), sums in monthly_totals.rebuilt().items()
        )
        _past_the_ids()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def people(donations: int = 12) -> tuple[Any, Any]:
    """A donor with a few paid donations, and a treasurer."""
    users: Any = get_user_model()._default_manager
    donor = users.create_user("ada@example.org", name="Ada", verified_at="2026-01-01T00:00Z")
    newest = Donation.objects.filter(status="paid").values_list("pk", flat=True)[:donations]
    Donation.objects.filter(pk__in=list(newest)).update(user=donor)
    return donor, users.create_superuser("treasurer@example.org")


def some_paid() -> Donation:
    """A donation of the middle, as somebody may look for it."""
    return Donation.objects.filter(status="paid", pk__gt=Donation.objects.count() // 2).earliest("pk")


def _insert(model: type[models.Model], before: str, after: str, columns: dict[str, str]) -> None:
    """INSERT … SELECT of these expressions; what they leave out gets the model's own default."""
    names, expressions, values = list(columns), list(columns.values()), []
    for field in model._meta.concrete_fields:
        if field.column and field.column not in columns and not field.primary_key:
            names.append(str(field.column))
            expressions.append("%s")
            values.append(field.get_db_prep_save(field.get_default(), connection))
    listed = ", ".join(connection.ops.quote_name(name) for name in names)
    selected = ", ".join(text.replace("%", "%%") if text != "%s" else text for text in expressions)
    insert = f"INSERT INTO {model._meta.db_table} ({listed}) {before} SELECT {selected} {after.replace('%', '%%')}"
    with connection.cursor() as cursor:
        cursor.execute(insert, values)


def _past_the_ids() -> None:
    """PostgreSQL counts by itself, and does not see numbers that were given."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in (Donation, LedgerEntry, Mail, Receipt):
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
