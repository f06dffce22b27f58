"""What the sponsors' wall shows. Every page of it is a short walk along an index, however many supporters there are.

A page is named by the gift at its edge, not by a number: it stays what it was when newer supporters come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.cache import cache
from django.db.models import Count, QuerySet, Sum

from donations.domain.subscription import GOING, frequency_of
from donations.models import SHOWN, Donation, LedgerEntry, Level, Sponsor, Standing, Words
from donations.wall import placements

COUNTS_AGE = 60  # seconds: counting does walk all rows, so it is not done for every visitor
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Supporter:
    """A gift whose donor chose to be shown. An empty name means "Someone"; `amount` in minor units, if they said so.

    `again` is the frequency of the subscription that the gift is of, while that goes on.
    """

    gift: int
    name: str
    at: datetime
    message: str
    amount: int | None
    currency: str
    again: str = ""


class Name(NamedTuple):
    """A gift and its donor's name; `again` says how often they give, while a gift of theirs comes again."""

    gift: int
    name: str
    again: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The gift at which a page begins: the older ones follow it, or the newer ones come before it."""

    before: int | None = None
    after: int | None = None


START = Cursor()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of a long list: what is on it, and the gifts from which the lists before and after it begin."""

    rows: list[Row]
    newer: int | None = None
    older: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A level, None for those on none; `below` is the threshold above it. Supporters without a name are counted."""

    level: Level | None
    below: int | None
    nameless: int
    sponsors: list[Sponsor]


def sections() -> list[Section]:
    """The levels from the highest; one without a level if the organisation has none."""
    levels: list[Level | None] = [*placements.in_use()]
    levels = levels or [None]
    keys = {level.pk for level in levels if level}
    counts, sponsors = _counts(), _sponsors()
    found, below = list[Section](), None
    for level in levels:
        key = level.pk if level else None
        mine = [
            each for each in sponsors if each.level_id == key or (level == levels[-1] and each.level_id not in keys)
        ]
        found.append(Section(level, below, counts.get((key, False), 0), mine))
        below = level.threshold if level else None
    return found


def names(level: Level | None, size: int, edge: Cursor = START) -> Page[Name]:
    """Those on this level who gave a name, the newest first."""
    # In two steps: in one, PostgreSQL may walk from the newest gift of all to the edge of the page (measured).
    places = Standing.objects.filter(level=level, named=True).values_list("donation_id", flat=True)
    page = _page(places, "donation_id", lambda gift: gift, size, edge)
    shown = Donation.objects.filter(pk__in=page.rows, public=True, status__in=SHOWN, name_state=Words.SHOWN)
    found = dict(shown.exclude(name="").values_list("pk", "name"))
    again = _again_by_donor(list(found))
    rows = [Name(gift, found[gift], again.get(gift, "")) for gift in page.rows if gift in found]
    return Page(rows, page.newer, page.older)


def recent(size: int, edge: Cursor = START) -> Page[Supporter]:
    """Gifts whose donors chose to be shown, the newest first, with their words if those have been read."""
    gifts = Donation.objects.filter(public=True, status__in=SHOWN).only(
        "id", "name", "name_state", "created_at", "message", "words", "show_amount", "currency"
    )
    page = _page(gifts, "id", lambda gift: gift.pk, size, edge)
    given = _given([gift for gift in page.rows if gift.show_amount])
    again = dict(_again().filter(pk__in=[gift.pk for gift in page.rows]).values_list("pk", "subscription__interval"))
    rows = [_supporter(gift, given.get(gift.pk), again.get(gift.pk)) for gift in page.rows]
    return Page(rows, page.newer, page.older)


def logo(digest: str) -> bytes | None:
    """The PNG whose content has this fingerprint."""
    if not digest:
        return None
    for name in ("logo", "dark_logo"):
        found = Sponsor.objects.filter(shown=True, **{f"{name}_digest": digest}).values_list(name, flat=True).first()
        if found is not None:
            return bytes(found)
    return None


def _supporter(gift: Donation, amount: int | None, interval: str | None) -> Supporter:
    message = gift.message if gift.words == Words.SHOWN else ""
    again = frequency_of(interval).value if interval else ""
    return Supporter(gift.pk, gift.shown_name, gift.created_at, message, amount, gift.currency, again)


def _again() -> QuerySet[Donation]:
    """Gifts that may be shown, of subscriptions that go on: nobody is told of one that was meant to stay private."""
    return Donation.objects.filter(public=True, status__in=SHOWN, subscription__status__in=GOING)


def _again_by_donor(gifts: list[int]) -> dict[int, str]:
    """How often their donors give, by gift: by the gift itself, or by another one of the same account."""
    account = dict(Donation.objects.filter(pk__in=gifts).values_list("pk", "user_id"))
    own = dict(_again().filter(pk__in=gifts).values_list("pk", "subscription__interval"))
    users = [user for user in account.values() if user]
    by_account = dict(_again().filter(user__in=users).values_list("user_id", "subscription__interval"))
    found = {gift: own.get(gift) or by_account.get(account[gift] or 0) for gift in gifts}
    return {gift: frequency_of(interval).value for gift, interval in found.items() if interval}


def _given(gifts: list[Donation]) -> dict[int, int]:
    """What is left of each gift, in its own currency."""
    rows = LedgerEntry.objects.filter(donation__in=gifts).order_by()
    sums = rows.values_list("donation_id", "currency").annotate(sum=Sum("amount"))
    currency = {gift.pk: gift.currency for gift in gifts}
    return {pk: amount for pk, paid_in, amount in sums if currency[pk] == paid_in and amount > 0}


def _page(rows: QuerySet[Any, Any], key: str, of: Any, size: int, edge: Cursor) -> Page[Any]:
    """At most `size` rows on one side of a gift, the newest first, and whether there are more on either side."""
    if edge.after is not None:
        found = list(rows.filter(**{f"{key}__gt": edge.after}).order_by(key)[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        older = of(found[-1]) if found else None
        return Page(found, of(found[0]) if more else None, older)
    if edge.before is not None:
        rows = rows.filter(**{f"{key}__lt": edge.before})
    found = list(rows.order_by(f"-{key}")[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(found, of(found[0]) if found and edge.before is not None else None, of(found[-1]) if more else None)


def people() -> int:
    """How many supporters stand on the wall, with and without a name; organisations are not counted."""
    return sum(_counts().values())


def _counts() -> dict[tuple[int | None, bool], int]:
    """How many of each level left a name, and how many left none."""
    found: dict[tuple[int | None, bool], int] | None = cache.get("donations.wall.counts")
    if found is None:
        rows = Standing.objects.order_by().values_list("level_id", "named").annotate(count=Count("pk"))
        found = {(level, named): count for level, named, count in rows}
        cache.set("donations.wall.counts", found, COUNTS_AGE)
    return found


def _sponsors() -> list[Sponsor]:
    return list(Sponsor.objects.filter(shown=True).defer("logo", "dark_logo"))
