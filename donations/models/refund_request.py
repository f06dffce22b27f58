"""A refund as staff asked for it: stored before Stripe is asked, so that however often it is asked for, it is one."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from lib import money


class RefundRequest(models.Model):
    """What a person asked Stripe to send back. Its uuid is Stripe's idempotency key; what came of it is a Case."""

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
