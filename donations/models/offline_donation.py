"""A gift that never passed through Stripe: a cheque, a transfer, cash. Its money is in the ledger, like any other's."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from lib import money


class OfflineGift(models.Model):
    """What staff wrote down of it. A wrong record is struck out, by a counter-entry, and written down anew."""

    class Method(models.TextChoices):
        CHEQUE = "cheque", _("cheque")
        TRANSFER = "transfer", _("bank transfer")
        CASH = "cash", _("cash")
        OTHER = "other", _("another way")

    id = models.CharField(max_length=40, primary_key=True, help_text=_("The source of its ledger rows."))
    donation = models.OneToOneField(
        Donation, verbose_name=_("donation"), on_delete=models.PROTECT, related_name="offline"
    )
    method = models.CharField(_("how it came"), max_length=8, choices=Method.choices)
    reference = models.CharField(
        _("reference"), max_length=80, blank=True, help_text=_("Such as the number of the cheque.")
    )
    received_on = models.DateField(_("received"))
    recorded_by = models.CharField(_("recorded by"), max_length=254)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    struck_out_by = models.CharField(_("struck out by"), max_length=254, blank=True)
    struck_out_at = models.DateTimeField(_("struck out"), null=True)
    why = models.CharField(_("why it was struck out"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("gift outside Stripe")
        verbose_name_plural = _("gifts outside Stripe")
        ordering: ClassVar[list[str]] = ["-received_on", "-recorded_at"]
        constraints = (
            models.CheckConstraint(
                condition=Q(struck_out_at__isnull=True, struck_out_by="") | Q(struck_out_at__isnull=False, why__gt=""),
                name="offline_struck_out_with_a_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{money.display(self.donation.amount, self.donation.currency)}, {self.get_method_display()}"
