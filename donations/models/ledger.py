"""The books: the ledger, Stripe's own book beside it, and the totals. The first two only grow."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from donations.models.stripe_key import present_key
from lib import money


class AppendOnly(Exception):
    """Somebody tried to change or delete a row that must stay as it was written."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly(f"{self.model._meta.label} is append-only: a correction is a new row")

    def delete(self) -> NoReturn:
        raise AppendOnly(f"{self.model._meta.label} is append-only: a correction is a new row")

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> NoReturn:
        self.update()


class AppendOnlyModel(models.Model):
    """A table that only grows. The database refuses as well (ledger.append_only): this is the polite refusal."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{self._meta.label} is append-only: a correction is a new row")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(f"{self._meta.label} is append-only: a correction is a new row")


class LedgerEntry(AppendOnlyModel):
    """One thing that moved a gift's money. Rows are added, never changed: every public total is a sum of them."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")
        REFUND_FAILURE = "refund_failure", _("refund failure")
        DISPUTE_WITHDRAWAL = "dispute_withdrawal", _("dispute withdrawal")
        DISPUTE_REINSTATEMENT = "dispute_reinstatement", _("dispute reinstatement")
        # A bank debit that the bank sent back after it had arrived.
        PAYMENT_FAILURE = "payment_failure", _("payment failed after all")
        # Money that never passed through Stripe, and the counter-entry of a record that was wrong.
        OFFLINE = "offline", _("gift outside Stripe")
        OFFLINE_REVERSAL = "offline_reversal", _("gift outside Stripe, struck out")

    # Kinds that belong together.
    ARRIVALS = frozenset({Kind.PAYMENT, Kind.OFFLINE})
    REFUNDS = frozenset({Kind.REFUND, Kind.REFUND_FAILURE})
    DISPUTES = frozenset({Kind.DISPUTE_WITHDRAWAL, Kind.DISPUTE_REINSTATEMENT})
    OUTSIDE_STRIPE = frozenset({Kind.OFFLINE, Kind.OFFLINE_REVERSAL})

    donation = models.ForeignKey(Donation, verbose_name=_("donation"), on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=255, help_text=_("What did it: Stripe’s id, or ours."))
    amount = models.BigIntegerField(_("amount"), help_text=_("Signed, in the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    happened_at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = (
            models.UniqueConstraint(fields=["kind", "source"], name="ledger_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["payment", "refund_failure", "dispute_reinstatement", "offline"], amount__gt=0)
                | Q(kind__in=["refund", "dispute_withdrawal", "offline_reversal", "payment_failure"], amount__lt=0),
                name="ledger_sign_by_kind",
            ),
        )
        indexes = (models.Index(fields=["happened_at"], name="ledger_by_time"),)

    def __str__(self) -> str:
        return f"{self.kind} {money.display(self.amount, self.currency)} ({self.source})"


class BalanceTransaction(AppendOnlyModel):
    """Stripe's own book: what each movement did to our balance, in the settlement currency. A mirror, never edited."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(_("type"), max_length=64)
    category = models.CharField(_("reporting category"), max_length=64)
    source = models.CharField(_("source"), max_length=255, blank=True, db_index=True)
    # Of the source: the payment intent it belongs to, and its own amount in the currency of the gift.
    payment = models.CharField(_("payment"), max_length=255, blank=True, db_index=True)
    # The site that the payment was made for, from its metadata: its id, or its host where it is older than ids.
    site = models.CharField(_("site"), max_length=255, blank=True)
    gift_amount = models.BigIntegerField(_("amount of the gift"), default=0)
    gift_currency = models.CharField(_("currency of the gift"), max_length=3, blank=True)
    amount = models.BigIntegerField(_("amount"), help_text=_("Signed, in the currency's smallest unit (cents)."))
    fee = models.BigIntegerField(_("fee"))
    net = models.BigIntegerField(_("net"))
    currency = models.CharField(_("settlement currency"), max_length=3)
    exchange_rate = models.CharField(_("exchange rate"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created"), db_index=True)
    # By which key it was copied: it is in the book of that account.
    stripe_key = models.CharField(max_length=16, default=present_key, blank=True, editable=False)

    class Meta:
        verbose_name = _("balance transaction")
        verbose_name_plural = _("balance transactions")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.type} {money.display(self.amount, self.currency)} ({self.id})"


class Total(models.Model):
    """What came in, by currency and month of the site's time zone: a cache of the ledger that can be rebuilt."""

    currency = models.CharField(_("currency"), max_length=3)
    month = models.DateField(_("month"))
    raised = models.BigIntegerField(_("raised"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0, help_text=_("Less the refunds that failed."))
    disputed = models.BigIntegerField(_("disputed"), default=0, help_text=_("Withdrawn, less what was reinstated."))
    # Gifts that arrived in this month, by their first payment, and of which something is left.
    gifts = models.BigIntegerField(_("gifts"), default=0)
    # Apart from all that: gifts outside Stripe, less those struck out.
    offline = models.BigIntegerField(_("outside Stripe"), default=0)
    offline_gifts = models.BigIntegerField(_("gifts outside Stripe"), default=0)

    class Meta:
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        ordering: ClassVar[list[str]] = ["-month", "currency"]
        constraints = (models.UniqueConstraint(fields=["currency", "month"], name="total_once"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.currency}"
