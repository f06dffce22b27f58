"""Which site this database is, and of which money: one row, made with the tables."""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def new_site_id() -> str:
    return uuid.uuid4().hex


class SiteIdentity(models.Model):
    """Written by ledger.mode and ledger.identity alone."""

    class Mode(models.TextChoices):
        """Test money, the stand-in's included, or real money: never both in one database."""

        UNDECIDED = "", _("not decided yet")
        TEST = "test", _("practice")
        LIVE = "live", _("live")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Stands in the metadata of every payment, so that no other site on the Stripe account takes it for its own.
    site_id = models.CharField(
        _("site id"), max_length=32, default=new_site_id, validators=[RegexValidator(r"\A[0-9a-f]{32}\Z")]
    )
    # From the first start on; it never changes from one to the other (ledger.practice removes the practice first).
    mode = models.CharField(_("mode"), max_length=4, choices=Mode.choices, blank=True, default=Mode.UNDECIDED)

    class Meta:
        verbose_name = _("identity of the site")
        verbose_name_plural = _("identity of the site")
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="site_identity_one"),
            models.CheckConstraint(condition=Q(mode__in=["", "test", "live"]), name="site_identity_mode"),
        )

    def __str__(self) -> str:
        return f"{self.site_id} ({self.get_mode_display()})"
