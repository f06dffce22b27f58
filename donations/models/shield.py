"""The shield's numbers, its alarms, and the payment pages that are open and not paid."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.cache import cache
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation

CACHE_KEY = "shield.rules"


def _number(label: Any, default: int, help_text: Any, most: int = 10_000) -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(
        label, default=default, help_text=help_text, validators=[MinValueValidator(1), MaxValueValidator(most)]
    )


class Shield(models.Model):
    """One row with what staff have chosen; none means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    burst = _number(
        _("payment pages at once"), 10, _("That one address may open. A gift that is paid gives its place back.")
    )
    per_minute = _number(_("and then a minute"), 10, _("How many more the same address may open each minute."))
    alarm_burst = _number(_("payment pages at once, in an alarm"), 3, _("For one address."))
    alarm_per_minute = _number(_("and then a minute, in an alarm"), 1, _("For one address."))
    in_all = _number(
        _("unpaid pages a minute, in all"),
        60,
        _("More than this, donors are asked for a moment’s patience. What is usual for this site is added to it."),
        100_000,
    )
    declines = _number(
        _("declined cards that ring the alarm"), 10, _("Within an hour, and more of them than of cards that paid.")
    )
    least_in_alarm = models.PositiveBigIntegerField(
        _("smallest gift in an alarm"), null=True, blank=True, help_text=_("Empty: as at other times.")
    )

    class Meta:
        verbose_name = _("shield")
        verbose_name_plural = _("shield")
        constraints = (models.CheckConstraint(condition=Q(id=1), name="shield_one"),)

    def __str__(self) -> str:
        return str(_("Shield"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        cache.delete(CACHE_KEY)


class Alarm(models.Model):
    """A time in which cards were being tested here; it may still go on."""

    # 1 while it goes on, NULL afterwards: so that there is one at a time.
    slot = models.PositiveSmallIntegerField(null=True, default=1, unique=True, editable=False)
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    declined = models.PositiveIntegerField(_("cards declined in the hour before"), default=0)
    paid = models.PositiveIntegerField(_("cards that paid in it"), default=0)
    # Rung by hand: then only a hand ends it.
    by = models.CharField(_("rung by"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering: ClassVar[list[str]] = ["-began_at"]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class Opening(models.Model):
    """A payment page that was opened and is neither paid nor over. Its row goes when it is."""

    donation = models.OneToOneField(Donation, primary_key=True, on_delete=models.CASCADE, related_name="opening")
    # Keyed digests of where it was opened from, and how many tokens that cost: they come back when it is paid.
    place = models.CharField(max_length=32, db_index=True)
    area = models.CharField(max_length=32)
    cost = models.PositiveSmallIntegerField(default=1)
    # Whether it was one of the whole site's pages: not when its donor had waited or worked for it.
    of_all = models.BooleanField(default=True)
    # Cards that were declined on it.
    declines = models.PositiveIntegerField(default=0)
    # When it is to be closed at Stripe; NULL while the donor may still want it.
    close_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["close_at"], name="opening_to_close", condition=Q(close_at__isnull=False)),)

    def __str__(self) -> str:
        return str(self.pk)
