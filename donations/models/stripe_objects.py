"""What Stripe told us: its ids, its refunds and disputes, its events; and what staff asked it for."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from lib import money


class StripeRef(models.Model):
    """Every Stripe id seen for a donation: the matching table, the lock, and "search by any id"."""

    id = models.CharField(max_length=255, primary_key=True)
    # NULL while only a refund or dispute has named the id: its payment has not come yet.
    donation = models.ForeignKey(
        Donation, verbose_name=_("donation"), null=True, on_delete=models.CASCADE, related_name="refs"
    )
    # Written to lock the row: an upsert locks an id that is known and one that is not.
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Stripe reference")
        verbose_name_plural = _("Stripe references")

    def __str__(self) -> str:
        return self.id


class Case(models.Model):
    """A refund or a dispute as far as it has come, a bank debit that failed, or a warning of fraud."""

    class Kind(models.TextChoices):
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("dispute")
        FAILURE = "failure", _("failed payment")
        WARNING = "warning", _("early warning of fraud")

    id = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    donation = models.ForeignKey(Donation, verbose_name=_("donation"), on_delete=models.PROTECT, related_name="cases")
    # Of a failure: the payment intent whose charge failed.
    payment = models.CharField(_("payment"), max_length=255, blank=True)
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=32)
    opened_at = models.DateTimeField(_("opened"))
    as_of = models.DateTimeField(_("as of"))
    # Of a refund: money left our balance, and came back to it. Facts: they only become true.
    debited = models.BooleanField(_("debited"), default=False)
    credited = models.BooleanField(_("credited back"), default=False)
    # Of a dispute whose status we do not know: Stripe said that it is closed. A fact: it only becomes true.
    closed = models.BooleanField(default=False, editable=False)
    # Of a dispute: until when the bank takes an answer.
    deadline = models.DateTimeField(_("deadline"), null=True)
    # Of a dispute: why, in the bank's word ("fraudulent").
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=254, blank=True)
    # When the sweep next asks Stripe; NULL when nothing more is expected.
    ask_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("refund or dispute")
        verbose_name_plural = _("refunds and disputes")
        ordering: ClassVar[list[str]] = ["-as_of"]
        indexes = (models.Index(fields=["ask_at"], name="case_to_ask", condition=Q(ask_at__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}: {self.status}"


class StripeEvent(models.Model):
    """An event as Stripe sent it, stored before it is understood."""

    class State(models.TextChoices):
        HANDLED = "handled", _("handled")
        DEFERRED = "parked", _("parked")
        IGNORED = "ignored", _("ignored")
        FAILED = "failed", _("failed")

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(_("type"), max_length=100)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    # What a deferred event waits for: a Stripe id, or "release" for a fetch in our release's shape.
    waits_for = models.CharField(_("waits for"), max_length=255, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    retry_at = models.DateTimeField(_("next try"), null=True)
    error = models.TextField(_("error"), blank=True)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        ordering: ClassVar[list[str]] = ["-received_at"]
        indexes = (
            models.Index(fields=["retry_at"], name="event_to_retry", condition=Q(retry_at__isnull=False)),
            models.Index(fields=["waits_for"], name="event_waits_for", condition=Q(state="parked")),
            models.Index(fields=["state"], name="event_failed", condition=Q(state="failed")),
            models.Index(fields=["-received_at"], name="event_newest"),
        )

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"


class RefundRequest(models.Model):
    """What a person asked Stripe to send back: stored before Stripe is asked, so that asked for twice it is one.

    Its uuid is Stripe's idempotency key; what came of it is a Case.
    """

    class Reason(models.TextChoices):
        """Stripe's own; it knows no other."""

        ASKED_FOR = "requested_by_customer", _("the donor asked for it")
        DUPLICATE = "duplicate", _("given twice by mistake")
        FRAUDULENT = "fraudulent", _("fraud: Stripe will block this card and this e-mail address")
        OTHER = "", _("another reason")

    class State(models.TextChoices):
        ASKED = "asked", _("not answered yet")
        MADE = "made", _("made")
        REFUSED = "refused", _("refused")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    donation = models.ForeignKey(
        Donation, verbose_name=_("donation"), on_delete=models.PROTECT, related_name="refund_requests"
    )
    # The page that asked said "this is refund number n of this gift": sent twice, or by two people, it is one.
    number = models.PositiveIntegerField(_("number"))
    payment = models.CharField(_("payment"), max_length=255)
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=254)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    # When Stripe was last asked; the background asks again with the same key.
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    refund = models.CharField(_("refund"), max_length=255, blank=True, help_text=_("Stripe's id of it."))
    answer = models.CharField(_("answer"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = (
            models.UniqueConstraint(fields=["donation", "number"], name="refund_request_once"),
            models.UniqueConstraint(fields=["donation"], condition=Q(state="asked"), name="refund_request_one_live"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_request_amount_above_0"),
        )

    def __str__(self) -> str:
        return f"{money.display(self.amount, self.currency)}: {self.get_state_display()}"
