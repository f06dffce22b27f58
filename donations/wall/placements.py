"""Who stands where on the sponsors' wall: kept up with ledger and consent, so that no visitor waits for a sum.

The gifts of one account add up, and so do the charges of a guest's subscription; any other gift of a guest counts
alone: nobody rises by typing another's address. What counts is what was really given (less refunds and disputes) by
gifts of the last year whose donor lets them be shown: a level must not tell of a gift that was meant to stay private.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Case as SqlCase
from django.db.models import IntegerField, Min, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from donations.models import SHOWN, Donation, Level, Standing, Words
from lib.web import kept_page

# "In a year": the last 365 days, so that nobody's name falls off on the first of January.
YEAR = timedelta(days=365)
AT_ONCE = 200  # places brought up to date in one round of background work
FIELDS = ("user", "amount", "level", "named", "lapses_at")


def refresh(donation_id: int) -> None:
    """Bring the place of this gift, and of its account or subscription, to what is true now, in any order.

    Runs in the caller's transaction, or its own. Locks before it reads: two gifts of one account that arrive at once
    would otherwise each add up without the other. Charges of one subscription arrive one after the other by its own
    lock (ledger.matching.subscriptions).
    """
    with transaction.atomic(savepoint=False):
        gift = Donation.objects.select_for_update().only("id", "user_id", "subscription_id").get(pk=donation_id)
        here, of_same = Q(donation=gift.pk), Q(pk=gift.pk)
        if gift.user_id:
            _lock_accounts([gift.user_id])
            here |= Q(user=gift.user_id)
            of_same = Q(user=gift.user_id)
        elif gift.subscription_id:
            here |= Q(donation__subscription=gift.subscription_id, user=None)
            of_same = Q(subscription=gift.subscription_id, user=None)
        gifts = Donation.objects.filter(of_same)
        wanted = next(iter(_added_up(gifts, in_use())), None)
        Standing.objects.filter(here).exclude(pk=wanted.pk if wanted else None).delete()
        if wanted:
            Standing.objects.bulk_create(
                [wanted], update_conflicts=True, unique_fields=["donation"], update_fields=[*FIELDS]
            )


def edit(donations: Sequence[int], **fields: Any) -> int:
    """Change what the wall depends on (name, public, user, …) of these donations, and their places with it.

    Nothing else writes those fields of a donation that stands. Returns how many there were. Runs in the caller's
    transaction, or its own; the account's row is locked before any place is touched, as in `refresh`.
    """
    with transaction.atomic(savepoint=False):
        changed = Donation.objects.filter(pk__in=donations)
        users = set(changed.order_by("pk").values_list("user_id", flat=True))
        count = changed.update(**fields)
        # Of an account or a subscription another gift may take the place, though this one is shown no more.
        shown = changed.filter(Q(public=True) | Q(user__isnull=False) | Q(subscription__isnull=False)).order_by("pk")
        rows = list(shown.values_list("pk", "user_id", "subscription_id"))
        _lock_accounts(users | {user_id for _, user_id, _ in rows})
        remove(donations)
        # Once for each that has a place of its own.
        for donation_id in {_whose(pk, user, subscription): pk for pk, user, subscription in rows}.values():
            refresh(donation_id)
    show_anew()
    return count


def show_anew() -> None:
    """Who takes a name back, or gives one, does not see the pages of before. Other processes follow within seconds."""
    transaction.on_commit(kept_page.forget)


def _whose(gift: int, user: int | None, subscription: int | None) -> tuple[str, int]:
    """By what gifts are added up: the account, else the subscription, else each by itself."""
    if user:
        return "account", user
    return ("subscription", subscription) if subscription else ("gift", gift)


def _lock_accounts(users: Iterable[int | None]) -> None:
    wanted = [user_id for user_id in users if user_id]
    if wanted:
        accounts = get_user_model()._default_manager.select_for_update(no_key=True)
        list(accounts.filter(pk__in=wanted).order_by("pk").only("pk"))


def remove(gifts: Sequence[int]) -> None:
    """Take the places of these gifts away. For all gifts of an account at once, in the caller's transaction."""
    Standing.objects.filter(donation__in=gifts).delete()


def refresh_lapsed() -> int:
    """Let go of the gifts that have become a year old; how many places that touched. Done whenever some are due."""
    due = Standing.objects.filter(lapses_at__lte=timezone.now()).order_by("lapses_at")
    places = list(due.values_list("donation_id", flat=True)[:AT_ONCE])
    for donation_id in places:
        refresh(donation_id)
    return len(places)


def assign_levels() -> None:
    """Give every place its level anew, in one statement: names or thresholds have changed."""
    levels = in_use()
    steps = [When(amount__gte=level.threshold, then=Value(level.pk)) for level in levels]
    least = Value(levels[-1].pk if levels else None)
    Standing.objects.update(level=SqlCase(*steps, default=least, output_field=IntegerField()))
    show_anew()


def repair() -> int:
    """Compare every place with the ledger and mend what differs; how many did. For what was changed behind our back."""
    wanted = {place.donation_id: place.fields() for place in _added_up(Donation.objects.all(), in_use())}
    stand = {place.donation_id: place.fields() for place in Standing.objects.iterator()}
    wrong = sorted(gift for gift in wanted.keys() | stand.keys() if wanted.get(gift) != stand.get(gift))
    for donation_id in wrong:
        refresh(donation_id)
    return len(wrong)


def in_use() -> list[Level]:
    """The levels from the highest, without those that were set while the site had another currency."""
    return list(Level.objects.filter(currency=settings.DONATION_CURRENCY).order_by("-threshold"))


def _added_up(gifts: QuerySet[Donation], levels: list[Level]) -> Iterable[Standing]:
    """The places that these gifts deserve, from the ledger alone.

    All gifts of an account, or of a guest's subscription, must be among them.
    """
    counted = (
        gifts.filter(public=True, status__in=SHOWN)
        .annotate(paid_at=Min("entries__happened_at"))
        .annotate(net=Sum("entries__amount", filter=Q(entries__currency=settings.DONATION_CURRENCY)))
        .filter(paid_at__gt=timezone.now() - YEAR)
        .order_by("-pk")
        .values_list("pk", "user_id", "subscription_id", "name", "name_state", "paid_at", "net")
    )
    places: dict[tuple[str, int], Standing] = {}
    for pk, user_id, subscription, name, name_state, paid_at, net in counted.iterator(chunk_size=5000):
        # A gift in another currency has a place, and adds nothing: different currencies are never added.
        given = max(net or 0, 0)
        whose = _whose(pk, user_id, subscription)
        if newer := places.get(whose):
            newer.amount += given
            newer.lapses_at = min(newer.lapses_at, paid_at + YEAR)
            continue
        named = bool(name) and name_state == Words.SHOWN
        places[whose] = Standing(donation_id=pk, user_id=user_id, amount=given, named=named, lapses_at=paid_at + YEAR)
    for place in places.values():
        place.level = _level(place.amount, levels)
    return places.values()


def _level(amount: int, levels: list[Level]) -> Level | None:
    """The highest level that the amount reaches; the lowest takes everybody."""
    return next((level for level in levels if amount >= level.threshold), levels[-1] if levels else None)
