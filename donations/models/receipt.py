"""Receipts: a number of its own for every gift of money, without a gap and never twice."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.ledger import AppendOnlyModel, LedgerEntry


class ReceiptCounter(models.Model):
    """The last number given out: one row, for there is one organisation. Written by ledger.receipt_numbers alone."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("receipt counter")
        verbose_name_plural = _("receipt counter")
        constraints = (models.CheckConstraint(condition=Q(id=1), name="receipt_counter_one"),)

    def __str__(self) -> str:
        return str(self.last)


class Receipt(AppendOnlyModel):
    """Which number stands for which entry of the ledger. What the paper says is read when it is shown."""

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    entry = models.OneToOneField(
        LedgerEntry, verbose_name=_("ledger entry"), on_delete=models.PROTECT, related_name="receipt"
    )
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints = (models.CheckConstraint(condition=Q(number__gt=0), name="receipt_number_above_0"),)

    def __str__(self) -> str:
        return str(self.number)
