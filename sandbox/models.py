"""What the stand-in stores: Stripe's objects, its events, their deliveries, idempotency keys, its behaviour."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Record(models.Model):
    """One object of Stripe's (a session, a charge, a refund), kept as the JSON that the API answers.

    One table for all kinds: a new kind of object needs a builder, not a migration.
    """

    number = models.BigAutoField(primary_key=True)
    stripe_id = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=40)
    # The name of the account that it is in: sandbox.core.accounts.
    account = models.CharField(max_length=20, blank=True, default="")
    created = models.BigIntegerField()
    status = models.CharField(max_length=40)
    # What the object is about, by which it is looked up.
    payment_intent = models.CharField(max_length=80, blank=True, default="")
    charge = models.CharField(max_length=80, blank=True, default="")
    source = models.CharField(max_length=80, blank=True, default="")
    customer = models.CharField(max_length=80, blank=True, default="")
    subscription = models.CharField(max_length=80, blank=True, default="")
    invoice = models.CharField(max_length=80, blank=True, default="")
    # The payout that took a balance transaction to the bank.
    payout = models.CharField(max_length=80, blank=True, default="")
    # When a timer changes the object: a session expires, a bank debit or a charge settles, funds become available, a
    # subscription renews, an invoice is finalised or tried again. In the stand-in's own time, which can be moved.
    due_at = models.FloatField(null=True, blank=True)
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    # What Stripe knows of the object and does not tell, like the card under a 3-D Secure challenge.
    hidden: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "number"], name="record_kind_number"),
            models.Index(fields=["kind", "due_at"], name="record_kind_due"),
            *(
                models.Index(fields=[column, "kind", "number"], name=f"record_{column}")
                for column in ("payment_intent", "charge", "source", "payout", "customer", "subscription", "invoice")
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_id


class Event(models.Model):
    """An event with its snapshot, frozen when it happened."""

    number = models.BigAutoField(primary_key=True)
    stripe_id = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=80, db_index=True)
    created = models.BigIntegerField()
    about = models.CharField(max_length=80, db_index=True)
    delivered = models.BooleanField(default=False, db_index=True)
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"


class Delivery(models.Model):
    """One delivery of an event to the webhook endpoint, retried until it is answered with 2xx."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    # When it is to be tried next; a claim moves it forward (a lease), NULL means that nothing is left to do.
    due_at = models.FloatField(null=True, db_index=True)
    made_at = models.FloatField(default=time.time)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.FloatField(null=True)
    last_status = models.PositiveIntegerField(null=True)
    last_error = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"delivery {self.pk} of {self.event_id}"


class IdempotentCall(models.Model):
    """An Idempotency-Key with the response that was given under it; no status yet means that it still runs."""

    key = models.CharField(max_length=255, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    started_at = models.FloatField()
    request_id = models.CharField(max_length=40)
    status = models.PositiveIntegerField(null=True)
    body = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.key


class Behaviour(models.Model):
    """How well the stand-in behaves: the one row that the console and the control API change."""

    class DeliveryMode(models.TextChoices):
        NORMAL = "normal", "at once"
        LATE = "late", "late"
        LOST = "lost", "never"

    class Release(models.TextChoices):
        CURRENT = "", "current (endive)"
        DAHLIA = "dahlia", "dahlia"
        CLOVER = "clover", "clover"
        BASIL = "basil", "basil"
        ACACIA = "acacia", "acacia"

    class AfterRetries(models.TextChoices):
        CANCEL = "cancel", "the subscription is canceled"
        UNPAID = "unpaid", "the subscription is marked as unpaid"
        PAST_DUE = "past_due", "the subscription stays past due"

    class Fault(models.TextChoices):
        NONE = "", "no fault"
        TIMEOUT_BEFORE = "timeout_before", "time-out, and nothing was done"
        TIMEOUT_AFTER = "timeout_after", "time-out after it was done"
        RESET_BEFORE = "reset_before", "connection broken, and nothing was done"
        RESET_AFTER = "reset_after", "connection broken after it was done"
        RATE_LIMIT = "429", "429: too many requests"
        LOCK_TIMEOUT = "lock_timeout", "429: the object is locked"
        API_ERROR = "500", "500: an error of Stripe's"
        CONFLICT = "409", "409: the same key is in use"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    delivery = models.CharField("deliver events", max_length=10, choices=DeliveryMode, default=DeliveryMode.NORMAL)
    delay = models.PositiveIntegerField("seconds late", default=10)
    doubled = models.BooleanField("deliver each event twice", default=False)
    shuffled = models.BooleanField("deliver the events of one change out of order", default=False)
    two_ids = models.BooleanField("tell each change by two events with different ids", default=False)
    release = models.CharField("shape of the snapshots", max_length=20, choices=Release, blank=True, default="")
    bank_delay = models.PositiveIntegerField("seconds until a bank answers", default=30)
    settlement = models.CharField(
        "currency that payments settle in (empty: their own)", max_length=3, blank=True, default=""
    )
    exchange_rate = models.DecimalField(
        "exchange rate into it",
        max_digits=12,
        decimal_places=6,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.000001"))],
    )

    payer_currency = models.CharField(
        "currency that payers see where Adaptive Pricing is on (empty: the session's)",
        max_length=3,
        blank=True,
        default="",
    )
    payer_rate = models.DecimalField(
        "exchange rate into that",
        max_digits=12,
        decimal_places=6,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.000001"))],
    )

    # How far the stand-in's time is ahead of the machine's.
    clock_offset = models.BigIntegerField("seconds that the clock is ahead", default=0, editable=False)
    after_retries = models.CharField(
        "when every attempt to charge a renewal has failed",
        max_length=10,
        choices=AfterRetries,
        default=AfterRetries.CANCEL,
    )

    missing_permissions = models.CharField(
        "permissions that restricted keys (rk_test_…) lack", max_length=500, blank=True, default=""
    )
    list_lag = models.PositiveIntegerField("seconds until lists show what is new", default=0)

    fault = models.CharField("the API fails by", max_length=20, choices=Fault, blank=True, default=Fault.NONE)
    fault_calls = models.CharField("only calls that begin so (POST refunds)", max_length=100, blank=True, default="")
    fault_rate = models.PositiveIntegerField(
        "percent of the calls that fail", default=100, validators=[MaxValueValidator(100)]
    )
    fault_seed = models.PositiveIntegerField("seed of that chance", default=0)
    fault_seconds = models.PositiveIntegerField(
        "seconds that a time-out lasts", default=30, validators=[MaxValueValidator(30)]
    )

    def __str__(self) -> str:
        return f"delivery {self.delivery}"

    @classmethod
    def current(cls) -> Behaviour:
        """The row, or the defaults of a fresh stand-in."""
        return cls.objects.first() or cls()

    @property
    def delivers_at_once(self) -> bool:
        """Whether the events of a change arrive soon after it."""
        return self.delivery == self.DeliveryMode.NORMAL and not self.shuffled
