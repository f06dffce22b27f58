"""Donations are found by name and address, by an index that knows of every change and keeps nobody who is erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q

from donations.donors import erasure
from donations.models import Donation, SearchWord
from donations.reporting import search_index
from donations.wall import placements
from tests.donations.stripe_objects import event, session

Make = Callable[..., Donation]


def found(text: str) -> set[int]:
    return set(search_index.named(Donation.objects.all(), text).values_list("pk", flat=True))


def test_a_donation_is_found_at_once_and_by_the_index_afterwards(make_donation: Make) -> None:
    dvorak = make_donation(name="Antonín Dvořák", email="ada@example.org")
    make_donation(name="Grace Hopper")
    for text in ("dvorak", "ada@", "antonin dvo", "ADA@EXAMPLE.ORG"):
        assert found(text) == {dvorak.pk}, text
    assert not Donation.objects.filter(to_index=True).exists()
    assert search_index.catch_up() == 0


def test_the_jobs_index_all_that_waits_in_rounds(make_donation: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(search_index, "AT_ONCE", 2)
    for number in range(5):
        make_donation(name=f"Ada {number}")
    assert search_index.catch_up() == 5
    assert SearchWord.objects.filter(word="ada").count() == 5


def test_what_waits_behind_many_others_is_looked_through_meanwhile(make_donation: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(search_index, "AT_ONCE", 1)
    old, new = make_donation(name="Ada"), make_donation(name="Ada")
    make_donation(name="Grace")
    assert found("ada") == {old.pk, new.pk}
    assert Donation.objects.filter(to_index=True).exists(), "it was not indexed for the search"


def test_a_corrected_name_is_found_and_the_old_one_is_not(make_donation: Make) -> None:
    gift = make_donation(name="Ada")
    assert found("ada") == {gift.pk}
    placements.edit([gift.pk], name="Grace")
    assert (found("ada"), found("grace")) == (set(), {gift.pk})


def test_whoever_typed_a_name_at_stripe_alone_is_found(make_donation: Make, post_event: Any) -> None:
    gift = make_donation()
    search_index.catch_up()
    payer = {"email": "grace@example.org", "name": "Grace Hopper"}
    assert post_event(event("checkout.session.completed", session(gift, customer_details=payer))).status_code == 200
    assert found("hopper") == found("grace@example.org") == {gift.pk}


def test_the_words_of_whoever_is_erased_are_gone_in_the_same_moment(make_donation: Make) -> None:
    gift, other = make_donation(name="Ada", email="ada@example.org"), make_donation(name="Ada")
    search_index.catch_up()
    with transaction.atomic():
        erasure.forget(Q(pk=gift.pk), {"ada@example.org"})
        assert set(SearchWord.objects.values_list("donation_id", flat=True)) == {other.pk}
    assert found("ada") == {other.pk}
    assert found("example.org") == set()


def test_an_address_that_was_another_donations_too_is_gone_from_there(make_donation: Make) -> None:
    gift, other = make_donation(email="ada@example.org"), make_donation(name="Bob", email="ada@example.org")
    search_index.catch_up()
    with transaction.atomic():
        erasure.forget(Q(pk=gift.pk), {"ada@example.org"})
    assert not SearchWord.objects.filter(word__startswith="ada").exists()
    assert found("bob") == {other.pk}


def test_common_words_lead_to_the_same_donations_as_rare_ones(make_donation: Make, monkeypatch: Any) -> None:
    both, ada = make_donation(name="Ada Hopper"), make_donation(name="Ada Lovelace")
    make_donation(name="Grace Hopper")
    for common in (search_index.COMMON, 0):
        monkeypatch.setattr(search_index, "COMMON", common)
        assert found("ada") == {both.pk, ada.pk}
        assert found("ada hopp") == {both.pk}


def test_a_deleted_donation_takes_its_words_along(make_donation: Make) -> None:
    gift = make_donation(name="Ada")
    search_index.catch_up()
    gift.delete()
    assert not SearchWord.objects.exists()
