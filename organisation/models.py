"""Who asks: one row with what the organisation says of itself. An empty field means a sensible default."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lib import money
from lib.web import kept_page
from organisation import accent, images

CACHE_KEY = "organisation.current"
CACHE_AGE = 3  # seconds; with that of a kept page, how long another process may show the words of before
LOGO_BOX = (160, 32)  # CSS pixels: the largest that the logo is shown


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
    registration_number = models.CharField(
        _("registration number"),
        max_length=80,
        blank=True,
        help_text=_("Under which the authorities know you, such as a charity number. On receipts."),
    )
    privacy_url = models.URLField(_("privacy notice"), blank=True, help_text=_("Empty: the site's own page."))
    legal_url = models.URLField(_("legal notice"), blank=True)
    refund_promise = models.CharField(
        _("refund promise"), max_length=300, blank=True, help_text=_("Shown on the donate page, if you make one.")
    )
    impact = models.TextField(
        _("what an amount does"),
        blank=True,
        help_text=_("Beside the coins. A line for each amount: 20 = keeps a gauge running for a month"),
    )
    questions = models.TextField(
        _("questions and answers"),
        blank=True,
        help_text=_(
            "On the donate page, such as: Is it safe? Is it tax deductible? Who are you? Can I pay by bank transfer? "
            "Markdown: each question is a line that begins with ##, its answer stands below."
        ),
    )
    cover_fees = models.BooleanField(
        _("let donors cover the card fee"),
        default=False,
        help_text=_("A box on the donate page, never ticked beforehand. What is paid is the gift."),
    )
    receipt_text = models.TextField(
        _("legal text on receipts"),
        blank=True,
        help_text=_("What the law asks for: docs/receipts.md has texts to begin with."),
    )
    goal_amount = models.PositiveBigIntegerField(
        _("goal"), null=True, blank=True, help_text=_("In the currency's smallest unit (cents).")
    )
    # An amount keeps the currency in which it was set: if the site's is another one later, it is not shown.
    goal_currency = models.CharField(max_length=3, default=money.of_site, editable=False)
    goal_for = models.CharField(
        _("what the goal is for"), max_length=80, blank=True, help_text=_("As in “for this winter’s gauges”.")
    )
    goal_since = models.DateField(
        _("count gifts since"), null=True, blank=True, help_text=_("From the first of that month. Empty: all gifts.")
    )
    goal_date = models.DateField(_("goal's date"), null=True, blank=True)
    card_fee_percent = models.DecimalField(
        _("card fee, percent"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MaxValueValidator(20)],
        help_text=_(
            "For the estimate on the donate page. Empty: Stripe's usual fee in your currency, where we know it."
        ),
    )
    card_fee_fixed = models.PositiveIntegerField(_("card fee, fixed part"), null=True, blank=True)
    card_fee_currency = models.CharField(max_length=3, default=money.of_site, editable=False)
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(accent.HEX, _("Write it as #rrggbb, like #0b7a4b."))],
        help_text=_("As #rrggbb. The site makes it darker or lighter where it could not be read."),
    )
    # What images.reencode made of the upload; large, so `current` leaves it out.
    logo = models.BinaryField(_("logo"), default=b"", editable=False)
    logo_hash = models.CharField(max_length=16, blank=True, editable=False)
    logo_width = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, editable=False)
    moderate_messages = models.BooleanField(
        _("read messages before they are shown"), default=True, help_text=_("Off: a donor's words are shown at once.")
    )
    announce_monthly = models.BooleanField(
        _("announce monthly charges"),
        default=False,
        help_text=_("By e-mail, three days before each. Yearly ones are always announced, two weeks before."),
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
        kept_page.forget()

    @property
    def called(self) -> str:
        return self.name or settings.SITE_NAME

    @property
    def goal(self) -> int | None:
        """The goal in minor units of the site's currency; none while it stands in another one."""
        return None if "goal_amount" in self.outdated else self.goal_amount

    @property
    def outdated(self) -> dict[str, str]:
        """The amounts that were set while the site had another currency, and that currency, by their field's name."""
        told = {"goal_amount": self.goal_currency, "card_fee_fixed": self.card_fee_currency}
        return {
            name: currency
            for name, currency in told.items()
            if getattr(self, name) is not None and currency != money.of_site()
        }

    def set_logo(self, png: bytes) -> None:
        """Take a picture that `images.reencode` has made; empty bytes take the logo away."""
        self.logo = png
        self.logo_hash = hashlib.sha256(png).hexdigest()[:16] if png else ""
        self.logo_width, self.logo_height = images.fit(png, *LOGO_BOX) if png else (0, 0)


def current() -> Organisation:
    """The organisation as it is described now, or a few seconds ago. Never fails for want of a row."""
    found: Organisation | None = cache.get(CACHE_KEY)
    if found is None:
        found = Organisation.objects.defer("logo").first() or Organisation()
        cache.set(CACHE_KEY, found, CACHE_AGE)
    return found
