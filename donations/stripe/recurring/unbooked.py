"""Charges of subscriptions that Stripe says were paid, and of which the ledger knows nothing.

Stripe's book of balance transactions does not show whose they are: the payment of an invoice carries no mark of ours,
and looks like another seller's until its invoice is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from donations.domain.subscription import InvoiceTold
from donations.domain.updates import StripeUpdate
from donations.ledger import accounts, identity
from donations.models import Donation, Invoice, LedgerEntry, Subscription
from donations.stripe import balance_transactions, client, parsing, polling
from donations.stripe.errors import Refused

PART = 500  # rows asked of the database at a time
# Stripe tries one that failed again for some weeks, and lists invoices by the day on which they were made.
OWED_FOR = timedelta(days=60)


def paid_since(since: datetime | None = None) -> list[InvoiceTold]:
    """The charges of ours that were paid at `since` or later, and are not in the ledger. It books nothing.

    Raises StripeUnavailable or Refused; of a site without subscriptions the key need not read invoices.
    """
    start = since - OWED_FOR if since else balance_transactions.first_gift(accounts.present().keys)
    if start is None:
        return []
    try:
        return [told for told in _ours(start) if since is None or (told.paid_at and told.paid_at >= since)]
    except Refused:
        if Subscription.objects.exists():
            raise
        return []


def _ours(start: datetime) -> Iterator[InvoiceTold]:
    at = polling.fetch_time()
    things = client.listed("invoices", start, patient=True, status="paid")
    updates = (update for thing in things if (update := parsing.update_of(thing, at=at)))
    while part := list(islice(updates, PART)):
        told = [(each, each.change) for each in part if isinstance(each.change, InvoiceTold) and each.change.is_gift]
        named = [invoice.id for _, invoice in told]
        booked = set(LedgerEntry.objects.filter(source__in=named).values_list("source", flat=True))
        booked |= set(Invoice.objects.filter(pk__in=named, outside=True).values_list("pk", flat=True))
        yield from (invoice for update, invoice in told if invoice.id not in booked and _is_ours(update, invoice))


def _is_ours(update: StripeUpdate, invoice: InvoiceTold) -> bool:
    if Subscription.objects.filter(stripe_id=invoice.subscription).exists():
        return True
    gift = update.donation
    return gift is not None and (update.site in identity.marks() or Donation.objects.filter(uuid=gift).exists())
