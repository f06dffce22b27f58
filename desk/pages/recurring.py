"""Gifts that come again, on the desk: how they stand, what they are in a month, what began, stopped and failed."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from desk.pages import chart, formatting
from donations.domain import subscription as domain
from donations.domain.subscription import Frequency, SubscriptionStatus
from donations.models import Subscription
from donations.reporting import subscriptions
from lib.dates import months, months_before

MONTHS = 12
LIST = "admin:donations_subscription_changelist"
PAST_DUE = domain.PAST_DUE

# What the list is narrowed by -> its words, and the statuses that it stands for.
STATES = {
    "active": (gettext_lazy("active"), frozenset({SubscriptionStatus.ACTIVE})),
    "paused": (gettext_lazy("paused"), frozenset({SubscriptionStatus.PAUSED})),
    "past_due": (gettext_lazy("past due"), PAST_DUE),
    "ending": (gettext_lazy("ending"), frozenset({SubscriptionStatus.ENDING})),
    "ended": (gettext_lazy("ended"), frozenset({SubscriptionStatus.ENDED})),
}


def every(subscription: Subscription) -> str:
    """How often it gives, in a word."""
    return _("yearly") if subscription.frequency is Frequency.YEARLY else _("monthly")


@dataclass(frozen=True, slots=True)
class Line:
    """A month in words."""

    name: str
    began: int
    ended: int
    failed: int


@dataclass(frozen=True, slots=True)
class Section:
    """What the front page shows of them; `totals` are sentences, one for each currency."""

    totals: list[str]
    months: list[Line]
    chart: chart.Pairs
    list: str


def section() -> Section | None:
    """What comes again and again; None where nobody ever gave so."""
    if not Subscription.objects.exclude(status__in=subscriptions.NOT_BEGUN).exists():
        return None
    this = timezone.localdate().replace(day=1)
    found = subscriptions.months(months(months_before(this, MONTHS - 1), this))
    drawn = chart.pairs([(format_date(each.first, "M"), each.began, each.ended, each.failed) for each in found])
    lines = [Line(format_date(each.first, _("F Y")), each.began, each.ended, each.failed) for each in found]
    return Section([_total(each) for each in subscriptions.expected()], lines, drawn, reverse(LIST))


def _total(expected: subscriptions.Recurring) -> str:
    count = expected.subscriptions
    told = ngettext(
        "%(amount)s a month, from %(count)d gift that comes again.",
        "%(amount)s a month, from %(count)d gifts that come again.",
        count,
    )
    return told % {"amount": formatting.amount(expected.monthly, expected.currency), "count": count}


def past_due() -> tuple[int, str]:
    """How many subscriptions have a charge that failed and is not paid, and the list of them."""
    return Subscription.objects.filter(status__in=PAST_DUE).count(), f"{reverse(LIST)}?state=past_due"
