"""Gifts that come again, in words for their donor; and whether a visitor gives so already."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from donations.domain.subscription import LIVE, Frequency, SubscriptionStatus
from donations.donors import ownership
from donations.models import Donation, Subscription
from lib import money


def every(frequency: str) -> str:
    """The words after an amount that is given so often; none after one that is given once."""
    return {Frequency.MONTHLY: _("every month"), Frequency.YEARLY: _("every year")}.get(Frequency(frequency), "")


def told(subscription: Subscription) -> str:
    """A subscription in words, for its donor."""
    amount = money.display_short(subscription.amount, subscription.currency)
    if subscription.frequency is Frequency.YEARLY:
        return _("You already give %(amount)s every year.") % {"amount": amount}
    return _("You already give %(amount)s every month.") % {"amount": amount}


def given_already(request: HttpRequest) -> Subscription | None:
    """A subscription without an end in sight that is this visitor's: of the account, or made in this browser.

    Nobody else is told of it, whatever address is typed.
    """
    mine = Q(donations__uuid__in=ownership.made_here(request), donations__user=None)
    if request.user.is_authenticated:
        mine |= Q(donations__user=request.user)
    going = LIVE - {SubscriptionStatus.ENDING}
    return Subscription.objects.filter(mine, status__in=going).order_by("-id").first()


def goes_on(donation: Donation) -> Subscription | None:
    """The subscription that the gift belongs to, if another charge will follow."""
    found = donation.subscription
    return found if found and found.is_live and found.status != SubscriptionStatus.ENDING else None
