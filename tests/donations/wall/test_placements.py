"""Who stands where on the wall, after whatever moved money, consent or an account."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from donations.domain.status import Status
from donations.domain.updates import Payment, Refund, RefundStatus, StripeUpdate
from donations.donors import erasure, ownership
from donations.jobs import scheduler
from donations.ledger import posting
from donations.models import Donation, Level, Standing, Subscription
from donations.wall import messages, placements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def levels(db: None) -> dict[str, Level]:
    Level.objects.all().delete()
    made = [Level.objects.create(name=name, threshold=least) for name, least in (("A", 100_00), ("B", 50_00), ("C", 0))]
    return {level.name: level for level in made}


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada@example.org", "a long password")


def given(amount: int, *, days: int = 0, currency: str = "usd", **fields: Any) -> Donation:
    """A gift that was paid some days ago; public unless said otherwise."""
    at = timezone.now() - timedelta(days=days)
    values = {"amount": amount, "currency": currency, "public": True, "created_at": at, "expires_at": at} | fields
    gift = Donation.objects.create(**values)
    pay(gift, at)
    gift.refresh_from_db()
    return gift


def pay(gift: Donation, at: datetime) -> None:
    payment = Payment(f"pi_{gift.pk}", gift.amount, gift.currency)
    posting.post(StripeUpdate(at=at, donation=gift.uuid, refs=(payment.source,), change=payment))


def give_back(gift: Donation, amount: int) -> None:
    refund = Refund(
        f"re_{gift.pk}_{amount}",
        timezone.now(),
        amount,
        gift.currency,
        RefundStatus.SUCCEEDED,
        debited=True,
        credited=False,
    )
    posting.post(StripeUpdate(at=timezone.now(), donation=gift.uuid, refs=(f"pi_{gift.pk}",), change=refund))


def wall() -> dict[str, tuple[str, int]]:
    """Name -> level and sum in whole dollars."""
    rows = Standing.objects.values_list("donation__name", "level__name", "amount")
    return {name: (level, amount // 100) for name, level, amount in rows}


def test_a_gift_reaches_the_highest_level_that_it_is_enough_for():
    for name, amount in (("one", 100_00), ("two", 99_99), ("three", 50_00), ("four", 1_00)):
        given(amount, name=name)
    assert wall() == {"one": ("A", 100), "two": ("B", 99), "three": ("B", 50), "four": ("C", 1)}


def test_the_gifts_of_one_account_add_up_under_its_newest_name(ada):
    given(30_00, user=ada, name="Ada L.")
    given(30_00, user=ada, name="Ada Lovelace")
    assert wall() == {"Ada Lovelace": ("B", 60)}


def test_gifts_of_guests_count_alone_whatever_address_they_give(ada):
    given(60_00, user=ada, name="Ada", email="ada@example.org")
    given(90_00, name="Mallory", email="ada@example.org")
    given(90_00, name="Eve", email="ada@example.org")
    assert wall() == {"Ada": ("B", 60), "Mallory": ("B", 90), "Eve": ("B", 90)}


def test_only_gifts_that_may_be_seen_count(ada):
    given(10_00, user=ada, name="Ada")
    given(500_00, user=ada, name="Ada", public=False)
    assert wall() == {"Ada": ("C", 10)}


def test_what_went_back_counts_no_more(ada):
    gift = given(120_00, name="Bob")
    give_back(gift, 60_00)
    assert wall() == {"Bob": ("B", 60)}
    give_back(gift, 60_00 - 1)
    assert wall() == {"Bob": ("C", 0)}
    give_back(gift, 1)
    assert wall() == {}


def test_a_gift_that_is_not_paid_has_no_place():
    gift = Donation.objects.create(amount=100_00, currency="usd", public=True, expires_at=timezone.now())
    placements.refresh(gift.pk)
    assert wall() == {}


def test_consent_given_and_taken_back_counts_at_once():
    gift = given(60_00, public=False)
    assert wall() == {}
    messages.save(gift, name="Cy", message="", public=True, show_amount=False)
    assert wall() == {"Cy": ("B", 60)}
    messages.save(gift, name="Cy", message="", public=False, show_amount=False)
    assert wall() == {}


def test_a_gift_in_another_currency_has_a_place_and_adds_nothing(ada):
    given(900_00, currency="eur", name="Eva")
    given(60_00, user=ada, name="Ada")
    given(900_00, currency="eur", user=ada, name="Ada L.")
    assert wall() == {"Eva": ("C", 0), "Ada L.": ("B", 60)}


def test_gifts_that_join_an_account_leave_their_own_places(ada):
    given(30_00, name="Ada, as a guest", email=ada.email)
    given(30_00, name="Ada, as a guest again", email=ada.email)
    given(30_00, name="Secret", email=ada.email, public=False)
    given(60_00, user=ada, name="Ada")
    assert ownership.attach_guest_donations(ada.pk, ada.email) == 3
    assert wall() == {"Ada": ("A", 120)}


def test_who_is_erased_leaves_the_wall(ada):
    given(30_00, user=ada, name="Ada")
    given(30_00, user=ada, name="Ada")
    given(30_00, name="Bob")
    erasure.forget(Q(user=ada.pk), {ada.email})
    assert wall() == {"Bob": ("C", 30)}
    assert placements.repair() == 0


def test_gifts_older_than_a_year_fall_out_and_the_others_stay(ada):
    given(60_00, days=364, user=ada, name="Ada")
    given(60_00, days=10, user=ada, name="Ada")
    given(60_00, days=366, name="Long ago")
    assert wall() == {"Ada": ("A", 120)}


def test_background_work_lets_go_of_what_has_become_a_year_old(ada, monkeypatch):
    given(60_00, days=300, user=ada, name="Ada")
    given(60_00, days=10, user=ada, name="Ada")
    given(60_00, days=300, name="Bob")
    assert placements.refresh_lapsed() == 0
    monkeypatch.setattr(placements, "YEAR", timedelta(days=200))
    Standing.objects.update(lapses_at=timezone.now())
    assert placements.refresh_lapsed in scheduler.ALWAYS
    assert placements.refresh_lapsed() == 2
    assert wall() == {"Ada": ("B", 60)}
    assert placements.refresh_lapsed() == 0


def test_new_thresholds_move_everybody_in_one_statement(levels, django_assert_num_queries):
    given(60_00, name="Ada")
    given(40_00, name="Bob")
    Level.objects.filter(pk=levels["A"].pk).update(threshold=55_00)
    with django_assert_num_queries(2):
        placements.assign_levels()
    assert wall() == {"Ada": ("A", 60), "Bob": ("C", 40)}


def test_the_lowest_level_takes_everybody(levels):
    levels["C"].delete()
    given(1_00, name="Ada")
    assert wall() == {"Ada": ("B", 1)}


def test_without_levels_everybody_has_a_place_on_none():
    given(1_00, name="Ada")
    Level.objects.all().delete()
    placements.assign_levels()
    given(1_00, name="Bob")
    assert {name: level for name, (level, _amount) in wall().items()} == {"Ada": None, "Bob": None}


def test_whatever_was_changed_behind_its_back_is_mended(ada):
    for name in ("Ada", "Bob"):
        given(60_00, user=ada, name=name)
    guests = [given(60_00, name=name) for name in ("Cy", "Dee", "Eve")]
    assert placements.repair() == 0
    before = wall()
    Standing.objects.filter(pk=guests[0].pk).delete()
    Standing.objects.filter(pk=guests[1].pk).update(amount=1)
    Donation.objects.filter(pk=guests[2].pk).update(public=False)
    assert placements.repair() == 3
    assert wall() == {name: place for name, place in before.items() if name != "Eve"}
    assert placements.repair() == 0


def test_an_account_that_goes_takes_its_place_with_it(ada):
    given(60_00, user=ada, name="Ada")
    ada.delete()
    assert wall() == {}


def monthly(*, charges: int, **fields: Any) -> list[Donation]:
    about = {"amount": 40_00, "currency": "usd", "created_at": timezone.now(), "status": "active"}
    one = Subscription.objects.create(stripe_id=f"sub_{Subscription.objects.count()}", **about)
    return [given(40_00, subscription=one, **fields) for _ in range(charges)]


def test_the_charges_of_a_guest_s_subscription_stand_in_one_place_and_add_up(ada):
    monthly(charges=3, name="Ada")
    monthly(charges=1, name="Bea")
    assert wall() == {"Ada": ("A", 120), "Bea": ("C", 40)}
    assert Standing.objects.count() == 2
    assert placements.repair() == 0


def test_one_charge_that_is_shown_no_more_leaves_the_place_to_the_others(ada):
    first, _, last = monthly(charges=3, name="Ada")
    placements.edit([last.pk], public=False)
    assert wall() == {"Ada": ("B", 80)}
    give_back(first, 40_00)
    assert wall() == {"Ada": ("C", 40)}
    assert placements.repair() == 0


def test_a_subscription_that_joins_an_account_stands_with_it(ada):
    given(60_00, user=ada, name="Ada")
    charges = monthly(charges=2, name="Guest")
    placements.edit([each.pk for each in charges], user_id=ada.pk)
    assert list(wall().values()) == [("A", 140)]
    assert placements.repair() == 0


@pytest.mark.django_db(transaction=True)
def test_gifts_of_one_account_that_arrive_at_once_all_count(ada):
    gifts = [
        Donation.objects.create(amount=10_00, currency="usd", public=True, user=ada, expires_at=timezone.now())
        for _ in range(12)
    ]
    start = threading.Barrier(len(gifts))

    def arrive(gift: Donation) -> None:
        start.wait()
        pay(gift, timezone.now())
        connection.close()

    threads = [threading.Thread(target=arrive, args=(gift,)) for gift in gifts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Donation.objects.values_list("status", flat=True)) == {Status.PAID}
    assert list(Standing.objects.values_list("amount", flat=True)) == [120_00]
