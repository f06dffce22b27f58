"""The tables. Invariants are UNIQUE and CHECK constraints: a lock that SQLite ignores protects nothing."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.facts import Checkout
from donations.states import Status


def insert_once(row: models.Model) -> bool:
    """INSERT … ON CONFLICT DO NOTHING. True when the row is new, False when one with its key stands already.

    Django's `bulk_create(ignore_conflicts=True)` does not tell which of the two happened, and catching an
    IntegrityError would break the surrounding transaction.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    quote = connection.ops.quote_name
    fields = [field for field in row._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    names = ", ".join(quote(str(field.column)) for field in fields)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    marks = ", ".join(["%s"] * len(fields))
    # Table and column names come from the models, the values are parameters.
    statement = f"INSERT INTO {quote(row._meta.db_table)} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount == 1)


# Statuses in which a donor who chose to be shown is shown.
SHOWN = [Status.PAID.value, Status.PARTLY_REFUNDED.value]


class Flag:
    """What the treasurer should look at. A donation may carry several, in one sorted, comma-separated text."""

    AMOUNT = "amount"  # paid another amount or currency than asked
    REPORTS = "reports"  # two reports of one payment differ
    TWICE = "twice"  # paid more than once
    REBUILT = "rebuilt"  # unknown here (a restored backup), known to Stripe


class Donation(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    name = models.CharField(_("name"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    message = models.CharField(_("message"), max_length=200, blank=True)
    public = models.BooleanField(_("show the name"), default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("account"), null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    # One form's token, amount, currency and frequency lead to one donation; NULL once another may take its place.
    dedupe = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    # Part of the idempotency key: an answered error is stored by Stripe under the key, so the next try needs another.
    attempt = models.PositiveIntegerField(default=1, editable=False)
    # When somebody began to ask Stripe for a session; NULL when nobody is asking.
    claimed_at = models.DateTimeField(null=True, editable=False)
    session_id = models.CharField(max_length=255, blank=True, editable=False)
    session_url = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    # The success page asks Stripe at most once in three seconds; the sweep asks when `ask_at` has come.
    asked_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    ask_at = models.DateTimeField(null=True, editable=False)

    # Facts, and the status folded from them. Written by donations.ledger alone.
    checkout = models.CharField(
        max_length=8,
        default=Checkout.OPEN.value,
        editable=False,
        choices=[(Checkout.OPEN, _("open")), (Checkout.EXPIRED, _("expired")), (Checkout.COMPLETE, _("complete"))],
    )
    settling_failed = models.BooleanField(default=False, editable=False)
    delayed = models.BooleanField(default=False, editable=False)
    flags = models.CharField(_("flags"), max_length=60, blank=True, editable=False)
    status = models.CharField(
        _("status"),
        max_length=16,
        default=Status.PENDING.value,
        editable=False,
        choices=[
            (Status.PENDING, _("pending")),
            (Status.PROCESSING, _("with the bank")),
            (Status.PAID, _("paid")),
            (Status.PARTLY_REFUNDED, _("partly refunded")),
            (Status.REFUNDED, _("refunded")),
            (Status.DISPUTED, _("disputed")),
            (Status.LOST, _("lost to a dispute")),
            (Status.FAILED, _("failed")),
            (Status.EXPIRED, _("expired")),
        ],
    )

    class Meta:
        verbose_name = _("donation")
        verbose_name_plural = _("donations")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = (models.CheckConstraint(condition=Q(amount__gt=0), name="donation_amount_above_0"),)
        indexes = (
            models.Index(fields=["ask_at"], name="donation_to_ask", condition=Q(ask_at__isnull=False)),
            models.Index(fields=["-id"], name="donation_wall", condition=Q(public=True, status__in=SHOWN)),
        )

    def __str__(self) -> str:
        return f"{self.pk}: {money.display(self.amount, self.currency)}"


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
    """A table that only grows. The database refuses as well (donations.triggers): this is the polite refusal."""

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

    donation = models.ForeignKey(Donation, verbose_name=_("donation"), on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=255, help_text=_("The Stripe object that did it."))
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
                condition=Q(kind__in=["payment", "refund_failure", "dispute_reinstatement"], amount__gt=0)
                | Q(kind__in=["refund", "dispute_withdrawal"], amount__lt=0),
                name="ledger_sign_by_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {money.display(self.amount, self.currency)} ({self.source})"


class StripeRef(models.Model):
    """Every Stripe id seen for a donation: the matching table, the lock, and "search by any id"."""

    id = models.CharField(max_length=255, primary_key=True)
    # NULL while only a refund or dispute has named the id: its payment has not come yet.
    donation = models.ForeignKey(
        Donation, verbose_name=_("donation"), null=True, on_delete=models.CASCADE, related_name="refs"
    )
    # Written to lock the row: an upsert locks an id that is known and one that is not.
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Stripe reference")
        verbose_name_plural = _("Stripe references")

    def __str__(self) -> str:
        return self.id


class Case(models.Model):
    """A refund or a dispute as far as it has come."""

    class Kind(models.TextChoices):
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("dispute")

    id = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    donation = models.ForeignKey(Donation, verbose_name=_("donation"), on_delete=models.PROTECT, related_name="cases")
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=32)
    opened_at = models.DateTimeField(_("opened"))
    as_of = models.DateTimeField(_("as of"))
    # Of a refund: money left our balance, and came back to it. Facts: they only become true.
    debited = models.BooleanField(_("debited"), default=False)
    credited = models.BooleanField(_("credited back"), default=False)
    # Of a dispute: until when the bank takes an answer.
    deadline = models.DateTimeField(_("deadline"), null=True)
    asked_by = models.CharField(_("asked by"), max_length=254, blank=True)
    # When the sweep next asks Stripe; NULL when nothing more is expected.
    ask_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("refund or dispute")
        verbose_name_plural = _("refunds and disputes")
        ordering: ClassVar[list[str]] = ["-as_of"]
        indexes = (models.Index(fields=["ask_at"], name="case_to_ask", condition=Q(ask_at__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}: {self.status}"


class BalanceTransaction(AppendOnlyModel):
    """Stripe's own book: what each movement did to our balance, in the settlement currency. A mirror, never edited."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(_("type"), max_length=64)
    category = models.CharField(_("reporting category"), max_length=64)
    source = models.CharField(_("source"), max_length=255, blank=True, db_index=True)
    # Of the source: the payment intent it belongs to, and its own amount in the currency of the gift.
    payment = models.CharField(_("payment"), max_length=255, blank=True, db_index=True)
    # The site that the payment was made for, from its metadata.
    site = models.CharField(_("site"), max_length=255, blank=True)
    gift_amount = models.BigIntegerField(_("amount of the gift"), default=0)
    gift_currency = models.CharField(_("currency of the gift"), max_length=3, blank=True)
    amount = models.BigIntegerField(_("amount"), help_text=_("Signed, in the currency's smallest unit (cents)."))
    fee = models.BigIntegerField(_("fee"))
    net = models.BigIntegerField(_("net"))
    currency = models.CharField(_("settlement currency"), max_length=3)
    exchange_rate = models.CharField(_("exchange rate"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created"), db_index=True)

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
    refunded = models.BigIntegerField(_("refunded"), default=0)
    # Gifts begun in this month whose sum is above 0.
    gifts = models.BigIntegerField(_("gifts"), default=0)

    class Meta:
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        ordering: ClassVar[list[str]] = ["-month", "currency"]
        constraints = (models.UniqueConstraint(fields=["currency", "month"], name="total_once"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.currency}"


class StripeEvent(models.Model):
    """An event as Stripe sent it, stored before it is understood."""

    class State(models.TextChoices):
        HANDLED = "handled", _("handled")
        PARKED = "parked", _("parked")
        IGNORED = "ignored", _("ignored")
        FAILED = "failed", _("failed")

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(_("type"), max_length=100)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    # What a parked event waits for: a Stripe id, or "release" for a fetch in our release's shape.
    waits_for = models.CharField(_("waits for"), max_length=255, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    retry_at = models.DateTimeField(_("next try"), null=True)
    error = models.TextField(_("error"), blank=True)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        ordering: ClassVar[list[str]] = ["-received_at"]
        indexes = (
            models.Index(fields=["retry_at"], name="event_to_retry", condition=Q(retry_at__isnull=False)),
            models.Index(fields=["waits_for"], name="event_waits_for", condition=Q(state="parked")),
        )

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"


class Chore(models.Model):
    """Work that comes round by the clock. `UPDATE … WHERE due_at <= now` claims it; any process may."""

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("last done"), null=True)
    result = models.TextField(_("result"), blank=True)

    class Meta:
        verbose_name = _("chore")
        verbose_name_plural = _("chores")

    def __str__(self) -> str:
        return self.name
