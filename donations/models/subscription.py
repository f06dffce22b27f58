"""Monthly and yearly gifts: the subscriptions at Stripe, and each charge of theirs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.domain.subscription import (
    LIVE,
    EndedBy,
    Frequency,
    InvoiceStatus,
    InvoiceTold,
    SubscriptionStatus,
    SubscriptionTold,
    frequency_of,
)
from donations.models.donation import Donation
from donations.models.ledger import LedgerEntry
from donations.models.stripe_key import present_key
from lib import money

SUBSCRIPTION_LABELS = {
    SubscriptionStatus.STARTING: _("starting"),
    SubscriptionStatus.ACTIVE: _("active"),
    SubscriptionStatus.RETRYING: _("charge failed, tried again"),
    SubscriptionStatus.GIVEN_UP: _("charge failed, given up"),
    SubscriptionStatus.PAUSED: _("paused"),
    SubscriptionStatus.ENDING: _("ending"),
    SubscriptionStatus.ENDED: _("ended"),
    SubscriptionStatus.NEVER_BEGAN: _("never began"),
}


class Subscription(models.Model):
    """A gift that comes again. It stands here from the moment in which Stripe first tells of it.

    Each charge is a donation of its own, and whose the donations are, theirs it is. Written by
    donations.ledger.subscriptions alone.
    """

    # That of the donation which was made on the form, and which Stripe's objects name in their metadata.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    stripe_id = models.CharField(_("subscription at Stripe"), max_length=255, unique=True, editable=False)
    customer = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    # In which Stripe account it is: see Donation.stripe_key.
    stripe_key = models.CharField(max_length=16, default=present_key, blank=True, editable=False)

    # What Stripe's newest telling says.
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    interval = models.CharField(max_length=5, default="month", editable=False)  # Stripe's word: month or year
    word = models.CharField(_("status at Stripe"), max_length=32, blank=True, editable=False)
    period_start = models.DateTimeField(null=True, editable=False)
    period_end = models.DateTimeField(_("next charge"), null=True, editable=False)
    cancel_at = models.DateTimeField(_("ends"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    paused = models.BooleanField(default=False, editable=False)
    resumes_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=40, blank=True, editable=False)
    stopped_by = models.CharField(max_length=5, blank=True, editable=False)
    # NULL while only an invoice has told of it.
    as_of = models.DateTimeField(null=True, editable=False)
    # Folded from all that is known: donations.domain.subscription.
    status = models.CharField(
        _("status"),
        max_length=12,
        default=SubscriptionStatus.STARTING.value,
        editable=False,
        choices=[(status.value, label) for status, label in SUBSCRIPTION_LABELS.items()],
    )
    # When we next ask Stripe about it and its invoices; NULL when nothing more is expected.
    ask_at = models.DateTimeField(null=True, editable=False)
    # All invoices that were made until then have been listed: of those that came after it, one may have been missed.
    listed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering: ClassVar[list[str]] = ["-id"]
        permissions = (("stop_subscription", _("Can stop a subscription for its donor")),)
        indexes = (
            models.Index(fields=["status", "-id"], name="subscription_by_status"),
            models.Index(fields=["ask_at"], name="subscription_to_ask", condition=Q(ask_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{money.display(self.amount, self.currency)} {self.frequency.value} ({self.stripe_id})"

    @property
    def frequency(self) -> Frequency:
        """How often it gives: never ONCE."""
        return frequency_of(self.interval)

    @property
    def told(self) -> SubscriptionTold | None:
        """Stripe's newest telling of it; None while only an invoice has told of it."""
        if self.as_of is None:
            return None
        return SubscriptionTold(
            id=self.stripe_id, customer=self.customer, word=self.word, amount=self.amount, currency=self.currency,
            interval=self.interval, started_at=self.created_at, period_start=self.period_start,
            period_end=self.period_end, cancel_at=self.cancel_at, ended_at=self.ended_at, paused=self.paused,
            resumes_at=self.resumes_at, reason=self.reason, stopped_by=self.stopped_by,
        )  # fmt: skip

    @property
    def ended_by(self) -> EndedBy:
        """Who ended it, or asked for its end."""
        return self.told.ended_by if self.told else EndedBy.NOBODY

    @property
    def first(self) -> Donation | None:
        """The donation that tells of the donor: the one from the form, or the oldest that is known."""
        return self.donations.filter(uuid=self.uuid).first() or self.donations.order_by("pk").first()

    @property
    def is_live(self) -> bool:
        """Whether more may be charged."""
        return SubscriptionStatus(self.status) in LIVE


class StopRequest(models.Model):
    """What somebody of the staff stopped for a donor, and why: stored before Stripe is asked.

    Its uuid is that of the page that asked, and part of Stripe's idempotency key: two clicks are one.
    """

    uuid = models.UUIDField(unique=True, editable=False)
    subscription = models.ForeignKey(
        Subscription, verbose_name=_("subscription"), on_delete=models.PROTECT, related_name="stop_requests"
    )
    at_period_end = models.BooleanField(_("with what was paid for"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # empty once the donor was erased
    asked_by = models.CharField(_("asked by"), max_length=254)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    # When Stripe said so; NULL while it has not answered.
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name = _("stop request")
        verbose_name_plural = _("stop requests")
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.subscription_id}: {self.asked_by}"


class Invoice(models.Model):
    """One charge of a subscription as far as it has come. A paid one is a donation of its own."""

    id = models.CharField(max_length=255, primary_key=True)
    subscription = models.ForeignKey(
        Subscription, verbose_name=_("subscription"), on_delete=models.PROTECT, related_name="invoices"
    )
    # Set once it is paid; a payment of 0, or outside Stripe, makes none.
    donation = models.ForeignKey(
        Donation, verbose_name=_("donation"), null=True, on_delete=models.PROTECT, related_name="invoices"
    )
    status = models.CharField(
        _("status"),
        max_length=13,
        choices=[
            (InvoiceStatus.DRAFT.value, _("draft")),
            (InvoiceStatus.OPEN.value, _("to be paid")),
            (InvoiceStatus.UNCOLLECTIBLE.value, _("given up")),
            (InvoiceStatus.VOID.value, _("void")),
            (InvoiceStatus.PAID.value, _("paid")),
        ],
    )
    reason = models.CharField(max_length=40, editable=False)  # Stripe's billing_reason
    due = models.BigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    paid = models.BigIntegerField(_("paid"))
    currency = models.CharField(_("currency"), max_length=3)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created"))
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    as_of = models.DateTimeField(editable=False)
    # Of a paid one: its payment intent, by which refunds, disputes and Stripe's own book name it. An event does not
    # tell it: it is asked for at `ask_at`.
    payment = models.CharField(_("payment"), max_length=255, blank=True, db_index=True)
    # Paid, and not by a payment intent: the money came outside Stripe.
    outside = models.BooleanField(_("paid outside Stripe"), default=False)
    ask_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes = (
            models.Index(fields=["ask_at"], name="invoice_to_ask", condition=Q(ask_at__isnull=False)),
            models.Index(fields=["-created_at"], name="invoice_newest"),
        )

    def __str__(self) -> str:
        return f"{self.id}: {money.display(self.due, self.currency)}, {self.status}"

    @property
    def told(self) -> InvoiceTold:
        """What is known of it, as Stripe's furthest telling had it."""
        return InvoiceTold(
            id=self.pk, subscription="", status=InvoiceStatus(self.status), reason=self.reason, due=self.due,
            paid=self.paid, currency=self.currency, attempts=self.attempts, made_at=self.created_at,
            next_attempt_at=self.next_attempt_at, paid_at=self.paid_at, outside=self.outside,
        )  # fmt: skip

    @property
    def failures(self) -> int:
        """How many attempts to charge it failed."""
        return max(0, self.attempts - (1 if self.status == InvoiceStatus.PAID else 0))


def payments_of(sources: Iterable[str]) -> dict[str, str]:
    """The payment intents of these payments in the ledger, by source: of an invoice its own, else the source itself.

    An invoice of which none is known yet is left out.
    """
    every = set(sources)
    found = dict(Invoice.objects.filter(pk__in=[each for each in every if each.startswith("in_")]).exclude(
        payment=""
    ).values_list("pk", "payment"))  # fmt: skip
    return {each: found.get(each, each) for each in every if each in found or not each.startswith("in_")}


def booked_by(intents: Iterable[str]) -> models.QuerySet[LedgerEntry]:
    """The ledger's rows of these payment intents, whichever way they are keyed."""
    return LedgerEntry.objects.filter(kind=LedgerEntry.Kind.PAYMENT, source__in=set(sources_of(intents).values()))


def sources_of(payments: Iterable[str]) -> dict[str, str]:
    """By which source the ledger has these payment intents: the invoice that one paid, else the intent itself."""
    every = set(payments) - {""}
    return {each: each for each in every} | dict(Invoice.objects.filter(payment__in=every).values_list("payment", "pk"))
