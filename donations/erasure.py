"""Taking a donor out of the gifts: names, addresses and words go, the amounts stay in the book as they were."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from donations import standings
from donations.models import Donation, LedgerEntry, StripeEvent, StripeRef
from mail.models import Mail

# Where Stripe's objects hold what is about a person; all else in them is about money.
PERSONAL = frozenset(
    "billing_details customer_details customer_email receipt_email shipping email name phone address "
    "individual_name business_name customer_email_address customer_name customer_purchase_ip".split()
)
_CHUNK = 50


def forget(user_id: int, addresses: set[str]) -> int:
    """Erase the donor of all gifts of this account, in the caller's transaction. Returns how many gifts it gave.

    The gifts that guests made with the account's verified address must have been joined before.
    """
    donations = list(Donation.objects.filter(user_id=user_id).values_list("pk", "uuid"))
    keys = [pk for pk, _ in donations]
    references = list(StripeRef.objects.filter(donation__in=keys).values_list("pk", flat=True))
    sources = LedgerEntry.objects.filter(donation__in=keys).values_list("source", flat=True)
    _close_letters({*sources, *(str(uuid) for _, uuid in donations)})
    _empty_events({*references, *(str(uuid) for _, uuid in donations)} | addresses)
    for address in addresses:
        # Typed at Stripe by somebody who was signed in to another account: the gift is theirs, the address is not.
        Donation.objects.alias(lower=Lower("email")).filter(lower=address.lower()).update(email="")
    standings.leave(keys)
    return Donation.objects.filter(user_id=user_id).update(
        name="", email="", message="", notes="", public=False, user=None, dedupe=None, erased_at=timezone.now()
    )


def _close_letters(keys: set[str]) -> None:
    """Whoever is gone gets no letter any more; and what a mail server said of one may quote the address."""
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
        waiting = [StripeEvent.State.PARKED, StripeEvent.State.FAILED]
        for event in events.filter(state__in=waiting):
            event.body, event.error = _without_person(event.body), ""
            event.save(update_fields=["body", "error"])
        events.exclude(state__in=waiting).update(body="", error="")


def _without_person(body: str) -> str:
    return json.dumps(_strip(json.loads(body)), separators=(",", ":"))


def _strip(value: Any) -> Any:
    match value:
        case dict():
            return {key: None if key in PERSONAL else _strip(inner) for key, inner in value.items()}
        case list():
            return [_strip(inner) for inner in value]
    return value


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    every = sorted(texts)
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))
