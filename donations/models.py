"""The tables. Invariants are UNIQUE and CHECK constraints: a lock that SQLite ignores protects nothing."""

from __future__ import annotations

import uuid
from typing import ClassVar

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
    flags = models.CharField(_("flags"), max_length=60, blank=True, editable=False)
    status = models.CharField(
        _("status"),
        max_length=12,
        default=Status.PENDING.value,
        editable=False,
        choices=[
            (Status.PENDING, _("pending")),
            (Status.PROCESSING, _("with the bank")),
            (Status.PAID, _("paid")),
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
            models.Index(fields=["-id"], name="donation_wall", condition=Q(public=True, status=Status.PAID.value)),
        )

    def __str__(self) -> str:
        return f"{self.pk}: {money.display(self.amount, self.currency)}"


class LedgerEntry(models.Model):
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
    donation = models.ForeignKey(
        Donation, verbose_name=_("donation"), null=True, on_delete=models.CASCADE, related_name="refs"
    )

    class Meta:
        verbose_name = _("Stripe reference")
        verbose_name_plural = _("Stripe references")

    def __str__(self) -> str:
        return self.id


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
        indexes = (models.Index(fields=["retry_at"], name="event_to_retry", condition=Q(state="parked")),)

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"
