"""Which addresses asked to be forgotten, and when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ErasedAddress(models.Model):
    """A keyed digest of an address, from which nobody reads it. Written by ledger.erased alone."""

    digest = models.CharField(max_length=64, primary_key=True)
    erased_at = models.DateTimeField(_("erased"))

    class Meta:
        verbose_name = _("erased address")
        verbose_name_plural = _("erased addresses")

    def __str__(self) -> str:
        return self.digest[:8]
