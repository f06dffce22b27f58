"""Who asks: one row with what the organisation says of itself. An empty field means a sensible default."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

CACHE_KEY = "organisation.current"
CACHE_AGE = 5  # seconds: how long another process may show the words of before


class Organisation(models.Model):
    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True, help_text=_("Empty: the site's SITE_NAME."))
    tagline = models.CharField(
        _("tagline"), max_length=120, blank=True, help_text=_("The one sentence on the home page.")
    )
    description = models.TextField(_("description"), blank=True, help_text=_("What gifts are for. Markdown."))
    thanks = models.TextField(_("thank-you text"), blank=True, help_text=_("Shown to a donor whose gift arrived."))
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    address = models.TextField(_("postal address"), blank=True)
    privacy_url = models.URLField(_("privacy notice"), blank=True, help_text=_("Empty: the site's own page."))
    legal_url = models.URLField(_("legal notice"), blank=True)
    refund_promise = models.CharField(
        _("refund promise"), max_length=300, blank=True, help_text=_("Shown on the donate page, if you make one.")
    )
    receipt_text = models.TextField(
        _("legal text on receipts"), blank=True, help_text=_("Such as your charity number and what the law asks for.")
    )
    goal_amount = models.PositiveBigIntegerField(
        _("goal"), null=True, blank=True, help_text=_("In the currency's smallest unit (cents).")
    )
    goal_date = models.DateField(_("goal's date"), null=True, blank=True)
    moderate_messages = models.BooleanField(
        _("read messages before they are shown"), default=True, help_text=_("Off: a donor's words are shown at once.")
    )
    count_offline = models.BooleanField(
        _("count gifts outside Stripe"), default=True, help_text=_("In the totals that visitors see.")
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisation")
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="organisation_one"),
            models.CheckConstraint(
                condition=Q(goal_amount__isnull=True) | Q(goal_amount__gt=0), name="organisation_goal_above_0"
            ),
        )

    def __str__(self) -> str:
        return self.called

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        cache.delete(CACHE_KEY)

    @property
    def called(self) -> str:
        return self.name or settings.SITE_NAME


def current() -> Organisation:
    """The organisation as it is described now, or a few seconds ago. Never fails for want of a row."""
    found: Organisation | None = cache.get(CACHE_KEY)
    if found is None:
        found = Organisation.objects.first() or Organisation()
        cache.set(CACHE_KEY, found, CACHE_AGE)
    return found
