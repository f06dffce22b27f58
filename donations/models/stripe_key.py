"""By which secret key a row was made: it tells which Stripe account its money is in, whatever key is set later."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def present_key() -> str:
    """The mark of the key that is set now. The key itself cannot be found from it."""
    return hashlib.sha256(settings.STRIPE_SECRET_KEY.encode()).hexdigest()[:16]


class StripeKey(models.Model):
    """A key that was used here, and the account that it opens. Written by donations.stripe.account.present alone."""

    # Empty for all that was made before keys were marked.
    mark = models.CharField(max_length=16, primary_key=True)
    # Stripe's id of the account, or a name that begins with UNNAMED where the key may not read that.
    account = models.CharField(_("account"), max_length=255, db_index=True)
    since = models.DateTimeField(_("used since"), default=timezone.now)

    UNNAMED = "account of key "

    class Meta:
        verbose_name = _("Stripe key")
        verbose_name_plural = _("Stripe keys")
        ordering: ClassVar[list[str]] = ["since", "mark"]

    def __str__(self) -> str:
        return self.account
