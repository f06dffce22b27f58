"""What the wall shows, and how little it reads for that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from donations.domain.updates import Payment, StripeUpdate
from donations.ledger import posting
from donations.models import Donation, Level, Sponsor, Standing, Subscription, Words
from donations.wall import listing
from donations.wall.listing import Cursor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def level() -> Level:
    cache.clear()
    Level.objects.all().delete()
    return Level.objects.create(name="Cups", threshold=0)


def given(name: str = "", amount: int = 20_00, **fields) -> Donation:
    values = {"amount": amount, "currency": "usd", "public": True, "expires_at": timezone.now()} | fields
    gift = Donation.objects.create(name=name, **values)
    payment = Payment(f"pi_{gift.pk}", gift.amount, gift.currency)
    posting.post(StripeUpdate(at=timezone.now(), donation=gift.uuid, refs=(payment.source,), change=payment))
    return gift


def shown(found: listing.Page) -> list[str]:
    return [row[1] if isinstance(row, tuple) else row.name for row in found.rows]


@pytest.fixture(params=["names", "lately"])
def listed(request, level) -> Callable[..., listing.Page]:
    """Both long lists have pages of one kind."""
    return (
        (lambda *edge: listing.names(level, 3, *edge))
        if request.param == "names"
        else (lambda *e: listing.recent(3, *e))
    )


def test_pages_lead_from_the_newest_to_the_oldest_and_back(listed):
    for name in "abcdefgh":
        given(name)
    first = listed()
    second = listed(Cursor(before=first.older))
    third = listed(Cursor(before=second.older))
    assert [shown(page) for page in (first, second, third)] == [["h", "g", "f"], ["e", "d", "c"], ["b", "a"]]
    assert (first.newer, third.older) == (None, None)
    back = listed(Cursor(after=third.newer))
    assert shown(back) == ["e", "d", "c"]
    again = listed(Cursor(after=back.newer))
    assert shown(again) == ["h", "g", "f"]
    assert again.newer is None


def test_a_page_stays_what_it_is_when_newer_supporters_come(listed):
    for name in "abcdefgh":
        given(name)
    older = listed().older
    before = listed(Cursor(before=older))
    given("new")
    assert listed(Cursor(before=older)) == before


def test_a_page_beyond_either_end_is_empty(listed):
    given("a")
    assert listed(Cursor(before=0)).rows == []
    assert listed(Cursor(after=10**15)).rows == []


def test_the_gift_itself_decides_at_once_even_if_its_place_still_stands(level):
    for name in ("shown", "withdrawn", "went back"):
        given(name)
    Donation.objects.filter(name="withdrawn").update(public=False)
    Donation.objects.filter(name="went back").update(status="refunded")
    assert shown(listing.names(level, 9)) == shown(listing.recent(9)) == ["shown"]
    assert Standing.objects.count() == 3


def test_nameless_supporters_are_counted_not_listed(level):
    given("Ada")
    given("")
    given("")
    (section,) = listing.sections()
    assert section.nameless == 2
    assert shown(listing.names(level, 9)) == ["Ada"]


@pytest.mark.parametrize(("state", "text"), [(Words.SHOWN, "Well done"), (Words.WAITING, ""), (Words.REFUSED, "")])
def test_words_show_once_they_have_been_read(state, text):
    given("Ada", message="Well done", words=state)
    assert [each.message for each in listing.recent(9).rows] == [text]


def test_an_amount_shows_only_where_its_donor_said_so():
    given("Ada", 25_00, show_amount=True)
    given("Bob", 30_00)
    assert {each.name: each.amount for each in listing.recent(9).rows} == {"Ada": 25_00, "Bob": None}


def test_each_level_has_its_own_and_the_lowest_the_rest(level):
    high = Level.objects.create(name="Teapots", threshold=100_00)
    given("rich", 200_00)
    given("kind", 1_00)
    Sponsor.objects.create(name="Acme", level=high)
    Sponsor.objects.create(name="Club")
    Sponsor.objects.create(name="Gone", level=high, shown=False)
    top, low = listing.sections()
    assert [(each.level.name, each.below) for each in (top, low) if each.level] == [("Teapots", None), ("Cups", 100_00)]
    assert [shown(listing.names(each.level, 9)) for each in (top, low)] == [["rich"], ["kind"]]
    assert [[sponsor.name for sponsor in each.sponsors] for each in (top, low)] == [["Acme"], ["Club"]]


def test_without_levels_there_is_one_section_for_all(level):
    level.delete()
    given("Ada")
    (section,) = listing.sections()
    assert section.level is None
    assert shown(listing.names(None, 9)) == ["Ada"]


def test_a_logo_is_found_by_what_it_shows():
    Sponsor.objects.create(name="A", logo=b"light", logo_digest="1" * 32, dark_logo=b"dark", dark_logo_digest="2" * 32)
    Sponsor.objects.create(name="B", logo=b"hidden", logo_digest="3" * 32, shown=False)
    assert [listing.logo(digest * 32) for digest in "1234"] == [b"light", b"dark", None, None]
    assert listing.logo("") is None


def test_supporters_whose_gift_is_a_year_old_keep_their_words_but_lose_their_place(level):
    gift = Donation.objects.create(amount=1, currency="usd", public=True, name="Old", expires_at=timezone.now())
    payment = Payment("pi_old", 1, "usd")
    posting.post(
        StripeUpdate(at=timezone.now() - timedelta(days=366), donation=gift.uuid, refs=("pi_old",), change=payment)
    )
    assert shown(listing.names(level, 9)) == []
    assert shown(listing.recent(9)) == ["Old"]


def comes_again(gift: Donation, status: str = "active", interval: str = "month") -> Subscription:
    about = {"amount": gift.amount, "currency": gift.currency, "created_at": timezone.now()}
    one = Subscription.objects.create(
        uuid=gift.uuid, stripe_id=f"sub_{gift.pk}", status=status, interval=interval, **about
    )
    Donation.objects.filter(pk=gift.pk).update(subscription=one)
    return one


def again(level: Level) -> dict[str, str]:
    return {row.name: row.again for row in listing.names(level, 9).rows}


def test_who_gives_every_month_is_marked_while_that_goes_on(level):
    comes_again(given("Ada"))
    comes_again(given("Bea"), interval="year")
    comes_again(given("Cem"), status="ended")
    comes_again(given("Dan"), status="paused")
    given("Eva")
    assert again(level) == {"Ada": "monthly", "Bea": "yearly", "Cem": "", "Dan": "", "Eva": ""}
    assert {each.name: each.again for each in listing.recent(9).rows} == again(level)


def test_of_an_account_any_gift_that_may_be_shown_marks_it_and_a_private_one_never(level, django_user_model):
    ada = django_user_model.objects.create_user("ada@example.org", "a long password")
    bea = django_user_model.objects.create_user("bea@example.org", "a long password")
    comes_again(given("Ada", user=ada))
    comes_again(given("Bea", user=bea, public=False))
    for name, user in (("Ada", ada), ("Bea", bea)):
        given(name, user=user)
    assert again(level) == {"Ada": "monthly", "Bea": ""}
    assert [each.again for each in listing.recent(1).rows] == [""], "of a single gift it says nothing"
