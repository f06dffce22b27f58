"""One field that finds a gift by whatever is at hand."""

from __future__ import annotations

import re
import uuid

from django.db.models import Q, QuerySet

from donations.models import BalanceTransaction, Donation, LedgerEntry, Receipt, StripeEvent, StripeRef
from donations.reporting import search_index
from donations.stripe import events

_STRIPE_ID = re.compile(r"[a-z]{2,8}_\w+", re.ASCII)


def find(donations: QuerySet[Donation], text: str) -> QuerySet[Donation]:
    """The gifts of a number (their own or a receipt's), a uuid, an id of Stripe's, or else by name and address."""
    text = text.replace("\0", "").strip()[:255]
    number = text.removeprefix("#")
    if number.isdecimal() and len(number) < 19:
        receipts = Receipt.objects.filter(number=int(number)).values("entry__donation_id")
        return donations.filter(Q(pk=int(number)) | Q(pk__in=receipts))
    try:
        return donations.filter(uuid=uuid.UUID(text))
    except ValueError:
        pass
    if _STRIPE_ID.fullmatch(text) and (known := _named(text)):
        return donations.filter(pk__in=known)
    return search_index.named(donations, text)


def _named(reference: str) -> set[int]:
    """The gifts that an id of Stripe's leads to: of a session, payment, charge, refund, dispute, movement or event."""
    references = {reference}
    if reference.startswith("txn_"):
        for source, payment in BalanceTransaction.objects.filter(pk=reference).values_list("source", "payment"):
            references |= {source, payment}
    elif reference.startswith("evt_"):
        bodies = StripeEvent.objects.filter(pk=reference).exclude(body="").values_list("body", flat=True)
        references |= {events.object_id(body) for body in bodies}
    known = StripeRef.objects.filter(pk__in=references, donation__isnull=False).values_list("donation_id", flat=True)
    booked = LedgerEntry.objects.filter(kind__in=LedgerEntry.DISPUTES, source=reference)
    return {donation for donation in known if donation is not None} | set(booked.values_list("donation_id", flat=True))
