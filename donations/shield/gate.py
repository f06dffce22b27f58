"""Who may open a payment page now. What is taken here comes back when the page is paid, or never came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from donations.domain.updates import Checkout
from donations.models import Donation, Opening
from donations.shield import passes, places, refusals, rules
from donations.shield.passes import Ticket, Way
from donations.shield.rules import Rules
from donations.shield.visitors import USUAL, Visitor
from limits import buckets
from limits.buckets import Draw, Exhausted, Rate

# Calls to Stripe at once. One lasts at most 11 seconds: of a process that died in one, the place comes back by itself.
CALLS = Rate(4, 1, timedelta(seconds=12))
# Of the pages that were worked for, as many times more as of others.
WORKED = 5


class Shut(Exception):
    """Not now. Nothing was taken, and the same form may be sent again after `wait` seconds.

    With a `ticket` that is all it takes, and where `work` is said, a browser that solves its puzzle need not wait.
    """

    def __init__(self, wait: int, ticket: Ticket | None = None, *, work: bool = False) -> None:
        super().__init__(f"try again in {wait} seconds")
        self.wait, self.ticket, self.work = wait, ticket, work

    @property
    def minutes(self) -> int:
        return -(-self.wait // 60)


class AmountClosed(Exception):
    """Gifts below `least` minor units are closed while the alarm lasts."""

    def __init__(self, least: int) -> None:
        super().__init__(f"at least {least}")
        self.least = least


@dataclass(frozen=True, slots=True)
class Entry:
    """Leave to ask Stripe for one page."""

    visitor: Visitor | None = None
    draws: tuple[Draw, ...] = ()
    of_all: bool = True  # one of the whole site's pages

    def opened(self, donation: Donation) -> None:
        """There is a page. The visitor's other pages are to be closed: nobody pays two at once."""
        if self.visitor is None:
            return
        with transaction.atomic():
            buckets.give_back(_calls(self.visitor))
            page = Opening(donation=donation, place=self.visitor.place, area=self.visitor.area)
            page.cost, page.of_all = self.visitor.cost, self.of_all
            Opening.objects.bulk_create([page], ignore_conflicts=True)
            others = Opening.objects.filter(donation__uuid__in=self.visitor.gifts).exclude(pk=donation.pk)
            others.filter(close_at__isnull=True).update(close_at=timezone.now())

    def refused(self) -> None:
        """Stripe was asked, and answered that it opens none: that costs as much as a page."""
        if self.visitor:
            buckets.give_back(_calls(self.visitor))

    def unused(self) -> None:
        """Stripe did not answer, or was not asked."""
        buckets.give_back(*self.draws)


def admit(visitor: Visitor | None, amount: int) -> Entry:
    """Leave to open a page for a gift of `amount` minor units. Raises Shut or AmountClosed."""
    if visitor is None or not settings.SHIELD:
        return Entry()
    now = rules.current()
    if now.alarm and amount < now.least_in_alarm:
        raise AmountClosed(now.least_in_alarm)
    ticket = passes.read(visitor.ticket, visitor.place)
    way = passes.way(ticket, visitor.solution)
    known = refusals.recent(visitor.place)
    if known and (known.own or way is Way.NONE):
        raise Shut(known.wait, ticket) if known.own else _crowded(visitor, now, ticket, way)
    try:
        return _enter(visitor, now, way, ticket)
    except Exhausted as empty:
        if ticket and empty.draw == ticket.once:
            # Used before: as if there were none.
            ticket = None
        elif not places.give_back_paid(visitor.place, visitor.area):
            raise _shut(empty, visitor, now, ticket, way) from empty
    way = way if ticket else Way.NONE
    try:
        return _enter(visitor, now, way, ticket)
    except Exhausted as empty:
        raise _shut(empty, visitor, now, ticket, way) from empty


def wanted_again(donation: Donation) -> None:
    """The donor comes back to a page that was about to be closed for another one."""
    if donation.checkout == Checkout.OPEN:
        Opening.objects.filter(pk=donation.pk, close_at__isnull=False).update(close_at=None)


def headers(visitor: Visitor) -> dict[str, str]:
    """How much is left, for programs: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (10)."""
    if not settings.SHIELD:
        return {}
    now = rules.current()
    draw = places.alarm(visitor.place, now) if now.alarm else places.quiet(visitor.place, now)
    rate = draw.rate
    level = buckets.level(draw.key, rate)
    window = -(-rate.burst * rate.one // buckets.SECOND)
    return {
        "RateLimit-Policy": f'"pages";q={rate.burst};w={window}',
        "RateLimit": f'"pages";r={level.left};t={level.full_in}',
    }


def _enter(visitor: Visitor, now: Rules, way: Way, ticket: Ticket | None) -> Entry:
    draws = [_calls(visitor), *_own(visitor, now), *_shared(visitor, now, way)]
    if ticket and way is not Way.NONE:
        draws.insert(0, ticket.once)
    buckets.take(*draws)
    return Entry(visitor, tuple(draws), of_all=way is Way.NONE)


def _own(visitor: Visitor, now: Rules) -> list[Draw]:
    """What nothing gets past."""
    return [places.quiet(visitor.place, now, visitor.cost), places.quiet_area(visitor.area, now)]


def _shared(visitor: Visitor, now: Rules, way: Way) -> list[Draw]:
    """What somebody gets past who has waited or worked."""
    if way is Way.WORKED:
        return [places.worked(now, WORKED)]
    narrow = [places.alarm(visitor.place, now, visitor.cost), places.alarm_area(visitor.area, now)]
    if way is Way.WAITED:
        return narrow[:1]
    # Half of the site's pages are kept for those of whom nothing speaks against.
    leave = now.site.burst // 2 if visitor.cost > USUAL else 0
    return [*(narrow if now.alarm else []), places.site(now, leave)]


def _calls(visitor: Visitor) -> Draw:
    return Draw(buckets.key("calls", visitor.place), CALLS)


def _shut(empty: Exhausted, visitor: Visitor, now: Rules, ticket: Ticket | None, way: Way) -> Shut:
    own = empty.draw in [_calls(visitor), *_own(visitor, now)]
    refusals.remember(visitor.place, empty.wait, own=own)
    return Shut(empty.wait, ticket) if own else _crowded(visitor, now, ticket, way)


def _crowded(visitor: Visitor, now: Rules, ticket: Ticket | None, way: Way) -> Shut:
    # Whoever waits already goes on waiting; whose ticket was not enough begins anew.
    if ticket is None or not ticket.wait:
        ticket = passes.make(visitor.place, alarm=now.alarm)
    return Shut(max(ticket.wait, 1), ticket, work=way is not Way.WORKED)
