"""What the organisation adds to the donate page, each off until it does."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from donations.giving.forms import GiftForm
from donations.reporting import fees
from organisation.models import Organisation

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return re.sub(r"\s+", " ", client.get("/donate").content.decode())


def test_a_new_site_offers_nothing_that_nobody_wrote(client: Client) -> None:
    shown = page(client)
    assert "What it does" not in shown
    assert 'name="cover"' not in shown
    assert "Donate to Tincup" in shown


def test_it_says_who_asks_and_what_an_amount_does(client: Client) -> None:
    Organisation(name="Saltmarsh", tagline="Gauges for all.", impact="20 = keeps a gauge running").save()
    shown = page(client)
    assert '<h1>Donate to Saltmarsh</h1> <p class="lead">Gauges for all.</p>' in shown
    assert '<dt class="number">$20</dt><dd dir="auto">keeps a gauge running</dd>' in shown


def test_questions_of_the_staff_are_clean_markdown(client: Client) -> None:
    Organisation(
        questions="## Is it <b>safe</b>?\nYes, *very*. <script>x</script>\n\n### How\n- [x](javascript:a)\n## Tax?\nNo."
    ).save()
    shown = page(client)
    assert '<summary dir="auto">Is it &lt;b&gt;safe&lt;/b&gt;?</summary>' in shown
    assert "<em>very</em>" in shown
    assert "<script>x" not in shown
    assert 'href="javascript' not in shown
    assert '<summary dir="auto">Tax?</summary> <div class="told" dir="auto"><p>No.</p>' in shown


@pytest.mark.parametrize(("amount", "paid"), [(500, 546), (2000, 2091), (10_000, 10_330)])
def test_with_the_fee_on_top_the_amount_itself_is_left(amount: int, paid: int) -> None:
    us = Organisation()
    assert fees.covered(amount, "usd", us) == paid
    assert paid - (fees.estimate(paid, "usd", us) or 0) == amount
    assert paid - 1 - (fees.estimate(paid - 1, "usd", us) or 0) < amount


def test_where_the_fee_is_not_known_nothing_is_offered() -> None:
    assert fees.covered(2000, "sek", Organisation()) is None


def test_who_covers_the_fee_pays_and_is_booked_that_much(client: Client) -> None:
    Organisation(cover_fees=True).save()
    shown = page(client)
    assert 'name="cover">' in shown
    assert 'value="20.91" aria-label="Donate 20.91 US dollars"' in shown
    assert amount_of(other_amount="20", cover="on") == 2091
    assert amount_of(other_amount="20") == 2000


def test_a_box_that_is_not_offered_adds_nothing() -> None:
    assert amount_of(other_amount="20", cover="on") == 2000


def amount_of(**sent: str) -> int:
    form = GiftForm(sent | {"amount": "other"})
    assert form.is_valid()
    return int(form.cleaned_data["minor"])
