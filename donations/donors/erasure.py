"""Taking a donor out of the gifts: names, addresses and words go, the amounts stay in the book as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from donations.ledger import donor_emails
from donations.models import Donation, StripeEvent, StripeRef
from donations.stripe import redaction
from donations.wall import placements
from mail.models import Mail

_CHUNK = 50


def forget(user_id: int, addresses: set[str]) -> int:
    """Erase the donor of all gifts of this account, in the caller's transaction. Returns how many gifts it gave.

    The gifts that guests made with the account's verified address must have been joined before.
    """
    # Locked first, as donations.ledger.posting does: a webhook at this moment has either committed what it stored, and
    # it is emptied below, or it waits, and finds the gift erased.
    locked = Donation.objects.select_for_update().filter(user_id=user_id).order_by("pk")
    donations = list(locked.values_list("pk", "uuid"))
    keys = [pk for pk, _ in donations]
    references = list(StripeRef.objects.filter(donation__in=keys).values_list("pk", flat=True))
    _close_emails(donor_emails.keys(keys))
    _empty_events({*references, *(str(uuid) for _, uuid in donations)} | addresses)
    for address in addresses:
        # Typed at Stripe by somebody who was signed in to another account: the gift is theirs, the address is not.
        Donation.objects.alias(lower=Lower("email")).filter(lower=address.lower()).update(email="")
    return placements.edit(
        keys,
        name="",
        payer_name="",
        email="",
        message="",
        notes="",
        public=False,
        user=None,
        dedupe=None,
        erased_at=timezone.now(),
    )


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
