"""Whose monthly gift it is: that of the account of its first donation, or of the address that it was given with."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest

from donations.domain.subscription import OVER, SubscriptionStatus
from donations.donors import ownership
from donations.models import Donation, Subscription
from lib.people.addresses import normalise


def mailbox_of(subscription: Subscription) -> str:
    """Where its donor is written to; nothing while no address is known, or when the donor was erased."""
    first = subscription.first
    if first is None or first.erased_at:
        return ""
    # An account that moved to another address takes its gifts along.
    account = first.user if first.user and first.user.verified_at else None
    return str(account.email if account else first.email)


def address_of(subscription: Subscription) -> str:
    """The same in the one spelling, by which addresses are compared."""
    return normalise(mailbox_of(subscription))


def of_address(address: str) -> list[Subscription]:
    """What the owner of this mailbox gives again and again and is not over, the newest first.

    One query, whatever there is: the time that it takes must not tell.
    """
    one = normalise(address)
    guests = Q(lower=one) & (Q(user=None) | Q(user__verified_at=None))
    donations = Donation.objects.alias(lower=Lower("email")).filter(
        guests | Q(user__email=one, user__verified_at__isnull=False), erased_at=None
    )
    return list(_begun_by(donations)) if one else []


def of_account(user_id: int) -> list[Subscription]:
    """What this account gives again and again and is not over, the newest first."""
    mine = Donation.objects.filter(user_id=user_id)
    # Most accounts have none, and this question is asked in a third of the time.
    return list(_begun_by(mine)) if mine.filter(subscription__isnull=False).exists() else []


def ever_of_account(user_id: int) -> list[Subscription]:
    """The same with all that is over."""
    return list(_begun_by(Donation.objects.filter(user_id=user_id), over=()))


def may_change(request: HttpRequest, subscription: Subscription) -> bool:
    """Whether the account that it belongs to is signed in here."""
    return request.user.pk is not None and _belongs_to(subscription, request.user.pk)


def gather(request: HttpRequest) -> None:
    """What was given as a guest since the last look joins the account that is signed in, if its address is proved."""
    if request.user.is_authenticated and request.user.verified_at:
        ownership.attach_guest_donations(request.user.pk, request.user.email)


def _begun_by(donations: QuerySet[Donation], *, over: Collection[SubscriptionStatus] = OVER) -> QuerySet[Subscription]:
    """Those, less what is `over`, of which the first donation, which tells of the donor, is among these."""
    mine = donations.filter(subscription__isnull=False)
    # The one from the form, or the oldest that is known: as Subscription.first.
    own = Donation.objects.filter(subscription=OuterRef("pk")).order_by("pk")
    first = Coalesce(Subquery(own.filter(uuid=OuterRef("uuid")).values("pk")[:1]), Subquery(own.values("pk")[:1]))
    of_mine = Subscription.objects.filter(pk__in=mine.values("subscription")).exclude(status__in=over)
    return of_mine.alias(first_id=first).filter(first_id__in=mine.values("pk"))


def _belongs_to(subscription: Subscription, user_id: int) -> bool:
    first = subscription.first
    return first is not None and first.user_id == user_id
