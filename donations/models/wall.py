"""The sponsors' wall: its levels, who stands on which, and the organisations that the admin adds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from lib import money


class Level(models.Model):
    """A part of the wall, for those who gave at least `threshold` in a year. The lowest takes everybody else too."""

    name = models.CharField(_("name"), max_length=40)
    slug = models.SlugField(
        _("address"), max_length=40, unique=True, blank=True, help_text=_("In the page’s address. Empty: made here.")
    )
    threshold = models.PositiveBigIntegerField(_("from"), help_text=_("In the currency's smallest unit (cents)."))
    # It keeps the currency in which it was set: if the site's is another one later, the wall goes without it.
    currency = models.CharField(_("currency"), max_length=3, default=money.of_site, editable=False)

    class Meta:
        verbose_name = _("level of sponsors")
        verbose_name_plural = _("levels of sponsors")
        ordering: ClassVar[list[str]] = ["-threshold"]
        constraints = (models.UniqueConstraint(fields=["currency", "threshold"], name="level_once"),)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or slugify(self.name)[:40] or f"from-{self.threshold}"
        super().save(*args, **kwargs)


class Standing(models.Model):
    """Where a supporter stands: one row for an account, or for a guest's gift. A cache of ledger and consent.

    Written by wall.placements alone; the gift it stands by still decides, when the wall is read, whether it shows.
    """

    # Of an account: the newest of the gifts that may be shown. Its name is the one on the wall.
    donation = models.OneToOneField(Donation, primary_key=True, on_delete=models.CASCADE, related_name="standing")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    amount = models.PositiveBigIntegerField()
    level = models.ForeignKey(Level, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    named = models.BooleanField()
    # When the oldest of the gifts that count becomes a year old.
    lapses_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("place on the sponsors’ wall")
        verbose_name_plural = _("places on the sponsors’ wall")
        indexes = (
            # Conditions without values: SQLite uses a partial index only where the query repeats the condition to the
            # letter, and values are not in it.
            models.Index(fields=["level", "-donation"], name="standing_wall", condition=Q(named=True)),
            models.Index(fields=["level"], name="standing_nameless", condition=Q(named=False)),
        )

    def __str__(self) -> str:
        return f"{self.donation_id}: {self.amount}"

    def fields(self) -> tuple[int, int | None, int, int | None, bool, datetime]:
        """All that is stored, to compare."""
        return self.donation_id, self.user_id, self.amount, self.level_id, self.named, self.lapses_at


class Sponsor(models.Model):
    """An organisation that supports this one, put on the wall by hand."""

    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("website"), blank=True, help_text=_("Begins with https://"))
    level = models.ForeignKey(
        Level, verbose_name=_("level"), null=True, blank=True, on_delete=models.SET_NULL, related_name="sponsors",
        help_text=_("Empty: with the last one."),
    )  # fmt: skip
    shown = models.BooleanField(_("shown"), default=True)
    # PNGs of our own making (organisation.images): the database is the one thing that every installation backs up.
    logo = models.BinaryField(default=b"", editable=False)
    logo_digest = models.CharField(max_length=32, default="", db_index=True, editable=False)
    dark_logo = models.BinaryField(default=b"", editable=False)
    dark_logo_digest = models.CharField(max_length=32, default="", db_index=True, editable=False)

    class Meta:
        verbose_name = _("sponsoring organisation")
        verbose_name_plural = _("sponsoring organisations")
        ordering: ClassVar[list[str]] = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Message(Donation):
    """What donors said, and the names they gave, to be read before they are shown: the same rows as the gifts."""

    class Meta:
        proxy = True
        verbose_name = _("message or name")
        verbose_name_plural = _("messages and names")
