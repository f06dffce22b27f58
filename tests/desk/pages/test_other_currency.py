"""The site's currency is changed: what was set in the old one stays in it, is not shown, and is asked for anew."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from desk.pages import other_currency
from donations.jobs import scheduler
from donations.models import Chore, Donation, Level, Sponsor, Standing, Total
from donations.reporting import fees
from donations.stripe import client as stripe_client
from organisation.models import CACHE_KEY, Organisation, current
from tests.donations.reporting.test_fees import paid

pytestmark = pytest.mark.django_db

CHANGE = "/admin/organisation/organisation/1/change/"


@pytest.fixture
def in_yen(settings: Any) -> Any:
    """A site that asked in yen: a goal of ¥500,000, a fixed fee of ¥30, levels from ¥10,000 and ¥0."""
    settings.DONATION_CURRENCY = "jpy"
    Level.objects.all().delete()
    Organisation.objects.create(goal_amount=500_000, goal_for="the weir", card_fee_percent=3, card_fee_fixed=30)
    teapots = Level.objects.create(name="Teapots", threshold=10_000)
    Level.objects.create(name="Cups", threshold=0)
    Sponsor.objects.create(name="Mill & Sons", level=teapots)
    return settings


@pytest.fixture
def in_euro(in_yen: Any) -> Any:
    in_yen.DONATION_CURRENCY = "eur"
    cache.clear()
    return in_yen


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_nothing_is_shown_in_the_wrong_currency(in_euro: Any, client: Client) -> None:
    for address in ("/", "/donate", "/sponsors"):
        page = text(client.get(address))
        for amount in ("500,000", "5,000", "10,000", "¥", "the weir"):
            assert amount not in page, address
    assert "Mill &amp; Sons" in text(client.get("/sponsors")), "a sponsor does not go with its level"
    assert client.get("/sponsors/teapots").status_code == 404
    assert fees.estimate(2000, "eur", current()) is None
    assert (current().goal, current().goal_amount, current().goal_currency) == (None, 500_000, "jpy")


def test_the_desk_asks_for_each_anew(in_euro: Any) -> None:
    assert [what for what, _, _ in other_currency.asked()] == [
        "The goal was set in JPY and is not used: set it anew in EUR.",
        "The fixed part of the card fee was set in JPY and is not used: set it anew in EUR.",
        "Levels of sponsors were set in JPY and are not used: set them anew in EUR.",
    ]


def form(admin_client: Client, **typed: str) -> Any:
    """The organisation's form as it is shown, sent back with these changes."""
    fields = admin_client.get(CHANGE).context["adminform"].form
    values = {name: fields[name].value() for name in fields.fields}
    return admin_client.post(CHANGE, {name: value for name, value in values.items() if value is not None} | typed)


def test_the_form_says_what_it_was_and_takes_a_new_one(in_euro: Any, admin_client: Client) -> None:
    page = text(admin_client.get(CHANGE))
    assert "It was set as ¥500,000, and is not used while the site is in another currency." in page
    assert 'value="5000' not in page
    assert form(admin_client, goal_amount="1000.50", card_fee_fixed="0.25").status_code == 302
    organisation = Organisation.objects.get()
    assert (organisation.goal, organisation.goal_currency, organisation.card_fee_fixed) == (100_050, "eur", 25)
    assert organisation.outdated == {}


def test_another_change_leaves_the_old_goal_for_a_way_back(in_euro: Any, admin_client: Client, client: Client) -> None:
    assert form(admin_client, tagline="Clean water").status_code == 302
    in_euro.DONATION_CURRENCY = "jpy"
    cache.delete(CACHE_KEY)
    assert (current().goal, current().tagline) == (500_000, "Clean water")
    assert "¥500,000" in text(client.get("/"))


def test_a_level_is_set_anew_where_it_stands(in_euro: Any, admin_client: Client) -> None:
    teapots = Level.objects.get(name="Teapots")
    assert "¥10,000" in text(admin_client.get("/admin/donations/level/"))
    address = f"/admin/donations/level/{teapots.pk}/change/"
    assert 'value="100' not in text(admin_client.get(address))
    assert admin_client.post(address, {"name": "Teapots", "slug": "teapots", "from_amount": "100"}).status_code == 302
    teapots.refresh_from_db()
    assert (teapots.threshold, teapots.currency) == (10_000, "eur"), (
        "the same number as the yen of before, and another sum"
    )


def test_the_wall_is_counted_anew_at_once(in_yen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_client, "listed", lambda *_, **__: iter(()))
    gift = paid().donation
    Donation.objects.filter(pk=gift.pk).update(public=True)
    scheduler._run(scheduler.PLACES, scheduler.SCHEDULE[scheduler.PLACES])
    assert Standing.objects.get().level == Level.objects.get(name="Cups")
    assert scheduler.notice_another_currency() == 0
    in_yen.DONATION_CURRENCY = "eur"
    assert scheduler.notice_another_currency() == 1
    assert Chore.objects.get(pk=scheduler.PLACES).due_at
    scheduler._run(scheduler.PLACES, scheduler.SCHEDULE[scheduler.PLACES])
    assert Standing.objects.get().level is None
    assert scheduler.notice_another_currency() == 0


def test_suggested_amounts_that_were_meant_in_yen_are_a_task(in_euro: Any) -> None:
    in_euro.DONATION_AMOUNTS = [amount * 100 for amount in (500, 1000, 5000)]
    before = len(list(other_currency.asked()))
    Total.objects.create(currency="jpy", month="2026-01-01", raised=500)
    told = list(other_currency.asked())[before:]
    assert [what for what, _, _ in told] == [
        "The suggested amounts begin at €500.00, as if they were in JPY: set DONATION_AMOUNTS anew."
    ]
    in_euro.DONATION_AMOUNTS = [500, 1000]
    assert len(list(other_currency.asked())) == before
