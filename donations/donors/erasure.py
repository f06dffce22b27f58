"""Taking a donor out of the gifts: names, addresses and words go, the amounts stay in the book as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from donations.domain.subscription import OVER
from donations.ledger import donor_emails, erased
from donations.models import Donation, RefundRequest, StopRequest, StripeEvent, StripeRef, Subscription
from donations.reporting import search_index
from donations.stripe import redaction
from donations.wall import placements
from lib.people.addresses import normalise, spellings
from mail.models import Mail

_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to erase behind an address: gifts, those of them with a name or words on the wall, and letters."""

    gifts: int
    shown: int
    letters: int
    outside: int  # gifts outside Stripe, whose reference stays in the books
    goes_on: tuple[int, ...]  # the subscriptions of which something may be charged again, by their keys


def of_guest(address: str) -> Q:
    """The gifts that guests made with this address."""
    held = Donation.objects.alias(lower=Lower("email")).filter(lower=normalise(address), user__isnull=True)
    return Q(pk__in=held.exclude(email="").values("pk"))


def look(whose: Q) -> Found:
    """What `forget` would find."""
    gifts = Donation.objects.filter(whose)
    keys = donor_emails.keys(gifts)
    return Found(
        gifts=gifts.count(),
        shown=gifts.filter(public=True).count(),
        letters=sum(Mail.objects.filter(key__in=some).count() for some in _chunks(keys)),
        outside=gifts.filter(offline__isnull=False).count(),
        goes_on=goes_on(whose),
    )


def goes_on(whose: Q) -> tuple[int, ...]:
    """By which subscriptions Stripe may charge for these gifts again: who is erased could not stop that any more."""
    mine = Donation.objects.filter(whose, subscription__isnull=False)
    found = Subscription.objects.filter(pk__in=mine.values("subscription")).exclude(status__in=OVER)
    return tuple(found.order_by("pk").values_list("pk", flat=True))


def forget(whose: Q, addresses: set[str]) -> int:
    """Erase the donor of these gifts, in the caller's transaction. Returns how many they are.

    `addresses` are proved to be the donor's: they are taken from wherever else they stand, and what Stripe tells of
    them later, of a gift that was begun before now, does not come in.
    """
    now = timezone.now()
    erased.remember(addresses, now)
    # Locked first, as donations.ledger.posting does: a webhook at this moment has either committed what it stored, and
    # it is emptied below, or it waits, and finds the gift erased.
    locked = Donation.objects.select_for_update().filter(whose).order_by("pk")
    donations = list(locked.values_list("pk", "uuid"))
    keys = [pk for pk, _ in donations]
    references = list(StripeRef.objects.filter(donation__in=keys).values_list("pk", flat=True))
    _close_emails(donor_emails.keys(keys))
    written = {way for address in addresses for way in spellings(address)}
    _empty_events({*references, *(str(uuid) for _, uuid in donations)} | written)
    for address in addresses:
        # Typed at Stripe by somebody who was signed in to another account: the gift is theirs, the address is not.
        others = Donation.objects.alias(lower=Lower("email")).filter(lower=normalise(address)).exclude(pk__in=keys)
        search_index.forget(others.values_list("pk", flat=True))
        others.update(email="")
    search_index.forget(keys)
    RefundRequest.objects.filter(donation__in=keys).update(note="")
    StopRequest.objects.filter(subscription__donations__in=keys).update(reason="")
    return placements.edit(keys, **erased.NOBODY, user=None, erased_at=now)


def _close_emails(keys: set[str]) -> None:
    """Whoever is gone gets no e-mail any more; and what a mail server said of one may quote the address."""
    for some in _chunks(keys):
        letters = Mail.objects.filter(key__in=some)
        letters.update(error="")
        letters.filter(state=Mail.State.WAITING).update(
            state=Mail.State.CLOSED, next_at=None, lease="", error="the donor was erased"
        )


def _empty_events(traces: set[str]) -> None:
    """Empty the bodies of the events that name the gifts or the addresses.

    One that is not handled yet is still needed: it keeps its ids and amounts, and loses the person.
    """
    for some in _chunks(trace for trace in traces if trace):
        named = reduce(or_, (Q(body__icontains=trace) for trace in some))
        events = StripeEvent.objects.filter(named)
        waiting = [StripeEvent.State.DEFERRED, StripeEvent.State.FAILED]
        for event in events.filter(state__in=waiting):
            event.body, event.error = redaction.redact(event.body), ""
            event.save(update_fields=["body", "error"])
        events.exclude(state__in=waiting).update(body="", error="")


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    every = sorted(texts)
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))
