"""The outbox: one row per e-mail that the site owes somebody."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """Which e-mail is due, and how far it came. Its address and words are found when it is sent, and not kept."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "dead", _("could not be sent")
        CLOSED = "closed", _("nothing to send")

    kind = models.CharField(_("kind"), max_length=24)
    key = models.CharField(_("about"), max_length=255, help_text=_("What the e-mail is about: an id."))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    # When somebody may try (again); NULL when there is nothing more to do. A claim moves it on by the lease.
    next_at = models.DateTimeField(_("next try"), null=True, default=timezone.now)
    # The token of whoever is sending it, or was when it was killed.
    lease = models.CharField(max_length=32, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    # The same for every attempt: a mail program recognises a letter that came twice.
    message_id = models.CharField(_("Message-ID"), max_length=320)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("outbox")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = (
            models.UniqueConstraint(fields=["kind", "key"], name="mail_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False) | (~Q(state="waiting") & Q(next_at__isnull=True)),
                name="mail_waiting_has_next_at",
            ),
        )
        indexes = (
            models.Index(fields=["next_at"], name="mail_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["state"], name="mail_dead", condition=Q(state="dead")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"
