"""Stripe's payouts to the bank, and which balance transactions each of them carried. A mirror, never edited by hand."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.stripe_key import present_key
from lib import money


class Payout(models.Model):
    id = models.CharField(max_length=255, primary_key=True)
    amount = models.BigIntegerField(_("amount"), help_text=_("Signed, in the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=32)
    created_at = models.DateTimeField(_("created"), db_index=True)
    arrival_at = models.DateTimeField(_("arrives"))
    # Stripe knows what an automatic payout carried, once it has finished working that out; of a manual one, never.
    known = models.BooleanField(default=False, editable=False)
    listed = models.BooleanField(_("its parts are copied"), default=False)

    # By which key it was copied: only the account of that key tells what it carried.
    stripe_key = models.CharField(max_length=16, default=present_key, blank=True, editable=False)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{money.display(self.amount, self.currency)} ({self.id})"


class PaidOut(models.Model):
    """A balance transaction that a payout carried, the payout's own one included."""

    transaction = models.CharField(max_length=255, primary_key=True)
    payout = models.ForeignKey(Payout, verbose_name=_("payout"), on_delete=models.PROTECT, related_name="parts")

    class Meta:
        verbose_name = _("part of a payout")
        verbose_name_plural = _("parts of payouts")

    def __str__(self) -> str:
        return f"{self.transaction} in {self.payout_id}"
