"""Subscriptions and their invoices: what their updates, in any order, ask our rows to hold.

Updates come by donations.ledger.posting alone. The subscription's row is locked first, and before any donation.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from donations.domain import subscription as domain
from donations.domain.subscription import OVER, InvoiceStatus, InvoiceTold, SubscriptionStatus, SubscriptionTold
from donations.domain.updates import StripeUpdate
from donations.ledger import identity, subscription_emails
from donations.models import Donation, Invoice, Subscription, insert_once

# After the end of a period Stripe leaves an invoice open for an hour before it charges.
# https://docs.stripe.com/billing/invoices/subscription#subscription-lifecycle
LATE = timedelta(hours=3)
ASK_EVERY = timedelta(days=1)
ASK_AGAIN = timedelta(hours=1)  # about what was asked for and not told


def note(update: StripeUpdate, told: SubscriptionTold) -> Subscription | None:
    """Keep what a snapshot says; None when the subscription is none of ours."""
    subscription = _locked(update, told.id, begun_at=told.started_at, seen=told)
    if subscription is None:
        return None
    known = subscription.told
    if known is None or domain.is_newer(told, update.at, known, subscription.as_of or update.at):
        for field in ("customer", "word", "amount", "currency", "interval", "period_start", "period_end", "cancel_at",
                      "ended_at", "paused", "resumes_at", "reason", "stopped_by"):  # fmt: skip
            setattr(subscription, field, getattr(told, field))
        subscription.created_at, subscription.as_of = told.started_at, update.at
    _fold(subscription)
    return subscription


def note_invoice(update: StripeUpdate, told: InvoiceTold) -> Invoice | None:
    """Keep how far an invoice has come; None when it is of no subscription of ours."""
    subscription = _locked(update, told.subscription, begun_at=told.made_at, seen=told)
    if subscription is None:
        return None
    told_at = update.told_at or update.at
    invoice, begins = Invoice.objects.get_or_create(
        pk=told.id, defaults={"subscription": subscription, **_columns(told, told_at), "payment": told.payment}
    )
    failures = 0 if begins else invoice.failures
    if not begins:
        if domain.is_further(told, told_at, invoice.told, invoice.as_of):
            for field, value in _columns(told, told_at).items():
                setattr(invoice, field, value)
        invoice.payment = invoice.payment or told.payment
    unknown = invoice.told.is_gift and not invoice.payment
    invoice.ask_at = (invoice.ask_at or timezone.now()) if unknown else None
    invoice.save()
    subscription_emails.owe_failure(invoice, failures)
    _fold(subscription)
    return invoice


def note_listed(stripe_id: str, at: datetime) -> None:
    """All invoices of a subscription that were made until then have been told of. Runs in a transaction of its own."""
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().filter(stripe_id=stripe_id).first()
        if subscription is None or (subscription.listed_until and subscription.listed_until >= at):
            return
        subscription.listed_until = at
        subscription.ask_at = next_ask(subscription)
        subscription.save(update_fields=["listed_until", "ask_at"])


def renewal(invoice: Invoice) -> uuid.UUID:
    """The donation of an invoice that no form began, by its uuid; it is made when the invoice is told of first.

    It says of the donor what the first one says, but for the message: that was said once.
    """
    subscription = invoice.subscription
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"{identity.site_id()}/{invoice.pk}")
    if Donation.objects.filter(uuid=key).exists():
        return key
    first = subscription.first or Donation()
    of_the_donor = ("name", "name_state", "email", "public", "show_amount", "language", "user_id", "erased_at")
    insert_once(
        Donation(
            uuid=key, amount=invoice.paid, currency=invoice.currency, frequency=subscription.frequency.value,
            subscription=subscription, created_at=invoice.created_at, expires_at=invoice.created_at,
            stripe_key=subscription.stripe_key, **{field: getattr(first, field) for field in of_the_donor},
        )
    )  # fmt: skip
    return key


def never_paid(subscription: Subscription) -> bool:
    """Whether its first charge is not expected any more: it was still owed when Stripe had ended it, or given it up."""
    status = SubscriptionStatus(subscription.status)
    first = subscription.invoices.filter(reason=domain.FIRST).exclude(status=InvoiceStatus.PAID).first()
    if first is None or not (status in OVER or status is SubscriptionStatus.GIVEN_UP):
        return False
    # An older look at the invoice does not tell: it may have been paid since, and the event been lost.
    since = subscription.ended_at or subscription.as_of
    return since is not None and first.as_of >= since


def next_ask(subscription: Subscription) -> datetime | None:
    """When Stripe is asked about it and its invoices next, whatever events tell: that of one charge may be lost, and
    the next one's come."""
    status = SubscriptionStatus(subscription.status)
    if subscription.as_of is None:
        return subscription.ask_at or timezone.now()
    listed_until = subscription.listed_until or subscription.created_at
    soon = subscription.as_of + ASK_AGAIN
    if status in OVER:
        is_listed = listed_until >= (subscription.ended_at or subscription.as_of)
        return None if is_listed or status is SubscriptionStatus.NEVER_BEGAN else soon
    # The first period's charge was made on a page, and that is asked about.
    start, end = subscription.period_start, subscription.period_end
    if start and start > subscription.created_at and listed_until < start + LATE:
        return max(soon, start + LATE)
    daily = subscription.as_of + ASK_EVERY
    waits = status in {SubscriptionStatus.STARTING, SubscriptionStatus.RETRYING, SubscriptionStatus.GIVEN_UP}
    return daily if waits or end is None else max(daily, end + LATE)


def _locked(
    update: StripeUpdate, stripe_id: str, *, begun_at: datetime, seen: SubscriptionTold | InvoiceTold
) -> Subscription | None:
    """Its row, locked; made when it is ours and told for the first time. None if it is not ours."""
    rows = Subscription.objects.select_for_update().filter(stripe_id=stripe_id)
    if found := rows.first():
        return found
    if update.donation is None:
        return None
    first = Donation.objects.filter(uuid=update.donation).first()
    if first is None and update.site not in identity.marks():
        return None
    taken = Subscription.objects.filter(uuid=update.donation).exclude(stripe_id=stripe_id).exists()
    insert_once(
        Subscription(
            # Somebody copied our metadata to another subscription: that one is told apart by its own id.
            uuid=uuid.uuid5(update.donation, stripe_id) if taken else update.donation,
            stripe_id=stripe_id,
            customer=seen.customer,
            amount=seen.due if isinstance(seen, InvoiceTold) else seen.amount,
            currency=seen.currency,
            interval=seen.interval,
            created_at=begun_at,
        )
    )
    subscription = rows.get()
    Donation.objects.filter(uuid=subscription.uuid, subscription=None).update(subscription=subscription)
    return subscription


def _columns(told: InvoiceTold, told_at: datetime) -> dict[str, object]:
    return {
        "status": told.status.value,
        "reason": told.reason,
        "due": told.due,
        "paid": told.paid,
        "currency": told.currency,
        "attempts": told.attempts,
        "created_at": told.made_at,
        "next_attempt_at": told.next_attempt_at,
        "paid_at": told.paid_at,
        "outside": told.outside,
        "as_of": told_at,
    }


def _fold(subscription: Subscription) -> None:
    invoices = sorted(
        (invoice.told for invoice in subscription.invoices.all()), key=lambda each: (each.made_at, each.id)
    )
    if subscription.as_of is None and invoices:
        # Until Stripe tells of the subscription itself, the invoices have to do.
        subscription.created_at, subscription.amount = invoices[0].made_at, invoices[-1].due
    open_ = [invoice for invoice in invoices if invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}]
    before = SubscriptionStatus(subscription.status)
    subscription.status = domain.fold(
        subscription.told,
        paid=any(invoice.status is InvoiceStatus.PAID for invoice in invoices),
        given_up=domain.given_up(open_),
    ).value
    subscription.ask_at = next_ask(subscription)
    subscription.save()
    subscription_emails.owe(subscription, before)
