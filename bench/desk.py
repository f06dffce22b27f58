"""How quick the treasurer's desk is over a million gifts: `python -m bench.desk [gifts]`, in a database of its own.

BENCH_DATABASE_URL=postgres://… for another one than a new SQLite file. The gifts are made by SQL, so that it takes
a minute and not an hour.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

GIFTS = 1_000_000
ROUNDS = 5

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {gifts})"
# A gift a minute or so over two years; every fiftieth went back, every thousandth is flagged.
STATEMENTS = (
    """INSERT INTO donations_donation (id, uuid, amount, currency, name, email, message, notes, public, created_at,
        attempt, session_id, session_url, expires_at, checkout, settling_failed, delayed, flags, flags_seen, status)
    {numbers} SELECT i, {uuid}, 500 + (i % 1000) * 7919 % 20000, 'usd', 'Donor ' || i,
        'donor' || i || '@example.org', '', '', {false}, {at}, 1, 'cs_' || i, '', {at}, 'complete', {false}, {false},
        CASE WHEN i % 1000 = 0 THEN 'amount' ELSE '' END, '', CASE WHEN i % 50 = 0 THEN 'refunded' ELSE 'paid' END
    FROM n""",
    """INSERT INTO donations_ledgerentry (donation_id, kind, source, amount, currency, happened_at, recorded_at)
    SELECT id, 'payment', 'pi_' || id, amount, 'usd', created_at, created_at FROM donations_donation""",
    """INSERT INTO donations_ledgerentry (donation_id, kind, source, amount, currency, happened_at, recorded_at)
    SELECT id, 'refund', 're_' || id, -amount, 'usd', created_at, created_at FROM donations_donation
    WHERE status = 'refunded'""",
    """INSERT INTO donations_striperef (id, donation_id, seen_at)
    SELECT 'pi_' || id, id, created_at FROM donations_donation""",
    """INSERT INTO donations_balancetransaction (id, type, category, source, payment, site, gift_amount, gift_currency,
        amount, fee, net, currency, exchange_rate, created_at)
    SELECT 'txn_' || id, 'charge', 'charge', 'ch_' || id, 'pi_' || id, 'localhost', amount, 'usd',
        amount, 30 + amount * 29 / 1000, amount - 30 - amount * 29 / 1000, 'usd', '', created_at
    FROM donations_donation""",
    """INSERT INTO donations_stripeevent (id, type, state, waits_for, attempts, error, body, received_at)
    SELECT 'evt_' || id, 'payment_intent.succeeded', 'handled', '', 1, '', '', created_at FROM donations_donation""",
    """INSERT INTO mail_mail (kind, key, state, created_at, next_at, lease, attempts, sent_at, error, message_id)
    SELECT 'paid', 'pi_' || id, 'sent', created_at, NULL, '', 1, created_at, '', '' FROM donations_donation""",
)
SQLITE = {
    "uuid": "printf('%032x', i)",
    "at": "datetime('now', '-' || (({gifts} - i) * 1051200 / {gifts}) || ' minutes')",
    "false": "0",
}
POSTGRES = {
    "uuid": "lpad(to_hex(i), 32, '0')::uuid",
    "at": "now() - make_interval(mins => (({gifts} - i)::bigint * 1051200 / {gifts})::int)",
    "false": "false",
}


def main(gifts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "false",
            "SANDBOX": "true",
            "EMAIL_URL": "dummymail://",
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{folder}/bench.sqlite3",
            "DJANGO_SETTINGS_MODULE": "project.settings",
        }
        import django

        django.setup()
        from project import prepare

        prepare.databases()
        prepare.static_files()
        fill(gifts)
        report(pages(gifts))


def fill(gifts: int) -> None:
    from django.db import connection

    from donations.ledger import monthly_totals
    from donations.models import Total

    words = POSTGRES if connection.vendor == "postgresql" else SQLITE
    fields = {"numbers": NUMBERS, **words}
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement.format(**fields).format(gifts=gifts))
        cursor.execute("ANALYZE")
    Total.objects.bulk_create(
        Total(currency=currency, month=month, **dict(zip(monthly_totals.COLUMNS, sums, strict=True)))
        for (currency, month), sums in monthly_totals.rebuilt().items()
    )


def pages(gifts: int) -> dict[str, Callable[[], float]]:
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(
        get_user_model()._default_manager.create(email="t@example.org", is_staff=True, is_superuser=True)
    )

    def page(path: str, cold: bool = False) -> Callable[[], float]:
        def ask() -> float:
            if cold:
                cache.clear()
            started = time.perf_counter()
            response = client.get(path)
            assert response.status_code == 200, f"{path}: {response.status_code}"
            return time.perf_counter() - started

        return ask

    donations = "/admin/donations/donation/"
    return {
        "the admin's list of users (the floor)": page("/admin/accounts/user/"),
        "front page, nothing cached": page("/admin/", cold=True),
        "front page": page("/admin/"),
        "donations, first page": page(donations),
        "donations, page 10": page(f"{donations}?p=10"),
        "donations refunded": page(f"{donations}?status__exact=refunded"),
        "donations failed (none)": page(f"{donations}?status__exact=failed"),
        "donations flagged": page(f"{donations}?flagged=open"),
        "donations of last year": page(f"{donations}?period={time.gmtime().tm_year - 1}"),
        "donations of 1000 and more (none)": page(f"{donations}?amount=1000"),
        "search: a number": page(f"{donations}?q={gifts // 2}"),
        "search: a payment of Stripe's": page(f"{donations}?q=pi_{gifts // 2}"),
        "search: an e-mail address": page(f"{donations}?q=donor{gifts // 2}@example.org"),
        "search: a name that is nowhere": page(f"{donations}?q=xyzzy"),
        "one gift": page(f"{donations}{gifts // 2}/change/"),
        "ledger, first page": page("/admin/donations/ledgerentry/"),
        "Stripe events, first page": page("/admin/donations/stripeevent/"),
    }


def report(pages: dict[str, Callable[[], float]]) -> None:
    next(iter(pages.values()))()  # the first page of all loads templates
    measured = {name: statistics.median(ask() for _ in range(ROUNDS)) for name, ask in pages.items()}
    floor = next(iter(measured.values()))
    print(f"{'':40}{'of the floor':>14}{'ms':>10}")
    for name, seconds in measured.items():
        print(f"{name:40}{seconds / floor:>14.1f}{1000 * seconds:>10.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else GIFTS)
