"""Work that comes round by the clock, and what came of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Chore(models.Model):
    """Work that comes round by the clock. `UPDATE … WHERE due_at <= now` claims it; any process may."""

    VERIFY = "verify the books"  # its result is public: see donations.reporting.month

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("last done"), null=True)
    result = models.TextField(_("result"), blank=True)
    # Of the latest try, when it failed: what was last found stands beside it.
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("chore")
        verbose_name_plural = _("chores")

    def __str__(self) -> str:
        return self.name
