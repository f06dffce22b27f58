"""A gift typed, sent by a program, paid and partly sent back, in each kind of currency that Stripe counts."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_django
from django.core.cache import cache
from django.test import Client

from donations.models import Donation, LedgerEntry
from donations.reporting import public_totals
from donations.stripe import client as stripes
from donations.stripe import polling
from lib import money
from tests.donations.giving.donor import SANDBOX, give
from tests.donations.reporting.test_reconciliation import command
from tests.donations.stripe.test_polling import pay

CREATE = "/api/donations/create-checkout-session/"
PASSWORD = "a long password"
# Currency, what is typed, what a program writes, the same in minor units; what goes back as it is typed, and in minor.
KINDS = [
    *((three, "20.500", "20.5", 20_500, "5.250", 5250) for three in ("kwd", "bhd", "jod", "omr", "tnd")),
    *((none, "2,000", "2000", 2000, "500", 500) for none in ("jpy", "krw")),
    ("vnd", "200,000", "200000", 200_000, "50,000 ₫", 50_000),
    *((whole, "20,000", "20000", 2_000_000, "5000", 500_000) for whole in ("isk", "ugx")),
    ("huf", "2 000,50", "2000.50", 200_050, "500,5 Ft", 50_050),
    ("eur", "1.234,56 €", "1234.56", 123_456, "€0.50", 50),
]


@pytest.fixture(params=KINDS, ids=[kind[0] for kind in KINDS])
def kind(request: pytest.FixtureRequest, settings: pytest_django.Settings) -> Any:
    currency = request.param[0]
    settings.DONATION_CURRENCY = currency
    settings.DONATION_MIN, settings.DONATION_MAX = money.dollars(1, currency), 99_999_900
    settings.DONATION_AMOUNTS = [money.dollars(amount, currency) for amount in (5, 20)]
    settings.DONATION_DEFAULT_AMOUNT = money.dollars(20, currency)
    return request.param


@SANDBOX
def test_a_gift_goes_all_its_ways(kind: Any, client: Client, stripe: str, django_user_model: Any) -> None:
    currency, typed, written, amount, back, returned = kind
    assert give(client, "other", other_amount=typed).status_code == 303
    donation = Donation.objects.get()
    assert donation.amount == amount
    assert stripes.retrieve(donation.session_id)["amount_total"] == amount

    body = {"amount": written}
    assert client.post(CREATE, body, content_type="application/json").status_code == 200
    assert Donation.objects.latest("pk").amount == amount
    assert client.post("/api/checkout/").status_code == 200
    assert Donation.objects.latest("pk").amount == money.dollars(20, currency)

    # The link by which a donor gives the same again fills the field with the same amount.
    again = client.get("/donate", {"amount": money.short(amount, currency)}).context["form"]["other_amount"].value()
    assert give(client, "other", other_amount=again, token="again").status_code == 303
    assert Donation.objects.latest("pk").amount == amount

    pay(donation)
    polling.poll(donation)
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", PASSWORD))
    payment = LedgerEntry.objects.get(kind="payment").source
    page = f"/admin/donations/donation/{donation.pk}/refund/"
    asked = {"amount": back, "number": 1, "payment": payment, "reason": "duplicate", "note": "", "confirmed": "yes"}
    assert client.post(page, asked).status_code == 302
    assert LedgerEntry.objects.get(kind="refund").amount == -returned
    assert client.get(page).context["form"]["amount"].value() == money.typed(amount - returned, currency)

    cache.clear()
    assert public_totals.stats().raised == amount - returned
    assert client.get("/api/stats/").json()["raised"] == money.plain(amount - returned, currency)
    assert "The books agree." in command("verify_books")


@SANDBOX
def test_a_third_decimal_is_told_before_stripe_is_asked(
    client: Client, stripe: str, settings: pytest_django.Settings, django_user_model: Any
) -> None:
    settings.DONATION_CURRENCY = "kwd"
    told = "The last decimal of an amount in Kuwaiti dinars must be 0. Enter one like 20 or 12.500."
    assert told in give(client, "other", other_amount="20.505").content.decode()
    answer = client.post(CREATE, {"amount": "20.505"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "amount_malformed")
    assert not Donation.objects.exists()

    give(client, "20.500")
    donation = Donation.objects.get()
    pay(donation)
    polling.poll(donation)
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", PASSWORD))
    payment = LedgerEntry.objects.get().source
    asked = {"amount": "5.005", "number": 1, "payment": payment, "reason": "duplicate", "confirmed": "yes"}
    page = client.post(f"/admin/donations/donation/{donation.pk}/refund/", asked)
    assert page.context["form"].errors == {"amount": [told]}
