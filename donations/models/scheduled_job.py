"""Scheduled jobs, and what came of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Chore(models.Model):
    """Work that comes round by the clock. `UPDATE … WHERE due_at <= now` claims it; any process may."""

    RECONCILE = "reconcile"  # its result is public: see donations.reporting.month

    # A slug that stays: the words for people are the scheduler's.
    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("last done"), null=True)
    result = models.TextField(_("result"), blank=True)
    # The same for programs, where one reads it.
    data = models.JSONField(null=True, editable=False)
    # Of the latest try, when it failed: what was last found stands beside it.
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("scheduled job")
        verbose_name_plural = _("scheduled jobs")

    def __str__(self) -> str:
        return self.name
