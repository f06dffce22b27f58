"""A gift: what was asked, what the donor said, and how far it has come."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.domain.status import FINAL, LABELS, Status
from donations.domain.subscription import Frequency
from donations.domain.updates import Checkout
from donations.models.stripe_key import present_key
from lib import money
from lib.bytewise_field import BytewiseField
from lib.people.search_words import LONGEST

# Statuses in which a donor who chose to be shown is shown.
SHOWN = [Status.PAID.value, Status.PARTLY_REFUNDED.value]


class Flag:
    """What the treasurer should look at. A donation may carry several, in one sorted, comma-separated text."""

    AMOUNT = "amount"  # paid another amount or currency than asked
    REPORTS = "reports"  # two reports of one payment differ
    TWICE = "twice"  # paid more than once
    FAILED = "failed"  # a payment failed after it had arrived
    STATUS = "status"  # Stripe used a word for a status that we do not know
    CURRENCY = "currency"  # a dispute in a currency that cannot be brought to the gift's
    OUTSIDE = "outside"  # of a subscription: an invoice that was paid outside Stripe, and counted before that was known
    REBUILT = "rebuilt"  # unknown here (a restored backup), known to Stripe


class Words(models.TextChoices):
    """What became of a donor's message, or name. Only SHOWN ones are public, and only where the donor wants it."""

    WAITING = "waiting", _("to be read")
    SHOWN = "shown", _("shown")
    REFUSED = "refused", _("not shown")


# What a donation is found by.
FOUND_BY = frozenset({"name", "payer_name", "email"})


class DonationQuerySet(models.QuerySet["Donation"]):
    def update(self, **values: Any) -> int:
        """As Django's; what a donation is found by is then looked at anew (reporting.search_index)."""
        return super().update(**values, **({"to_index": True} if FOUND_BY & values.keys() else {}))


class Donation(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In the currency's smallest unit (cents)."))
    currency = models.CharField(_("currency"), max_length=3)
    name = models.CharField(_("name"), max_length=60, blank=True)
    name_state = models.CharField(
        _("name is"), max_length=8, choices=Words.choices, default=Words.SHOWN, editable=False
    )
    # As typed on Stripe's page by whoever left no name here: for the receipt and the staff, never for visitors.
    payer_name = models.CharField(_("name at Stripe"), max_length=150, blank=True, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    message = models.CharField(_("message"), max_length=200, blank=True)
    words = models.CharField(
        _("message is"), max_length=8, choices=Words.choices, default=Words.WAITING, editable=False
    )
    public = models.BooleanField(_("show the name"), default=False)
    show_amount = models.BooleanField(_("show the amount too"), default=False)
    # What the donor's browser asked for, where the site speaks it: Stripe's page follows.
    language = models.CharField(max_length=10, blank=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("account"), null=True, blank=True, on_delete=models.SET_NULL
    )
    notes = models.TextField(
        _("private notes"), blank=True, max_length=2000, help_text=_("For the staff alone. The donor never sees them.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # When the giver had the account erased: what comes in later about the gift must not bring a name or address back.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    # What the donor saw and paid, where Stripe's page showed another currency; the books know only the gift's own.
    presented_amount = models.PositiveBigIntegerField(default=0, editable=False)
    presented_currency = models.CharField(max_length=3, blank=True, default="", editable=False)
    # What was asked for. Of a monthly or yearly gift each charge is a donation of its own, and has its word too.
    frequency = models.CharField(
        _("frequency"),
        max_length=7,
        default=Frequency.ONCE.value,
        editable=False,
        choices=[
            (Frequency.ONCE.value, _("one-time")),
            (Frequency.MONTHLY.value, _("monthly")),
            (Frequency.YEARLY.value, _("yearly")),
        ],
    )
    # NULL until Stripe tells of it; then of its first donation, and of each renewal.
    subscription = models.ForeignKey(
        "donations.Subscription", verbose_name=_("subscription"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="donations", editable=False,
    )  # fmt: skip

    # Whether its words in SearchWord are not those of its present names and address. Posting and `update` set it.
    to_index = models.BooleanField(default=True, db_default=True, editable=False)

    # One form's token, amount, currency and frequency lead to one donation; NULL once another may take its place.
    dedupe = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    # Part of the idempotency key: an answered error is stored by Stripe under the key, so the next try needs another.
    attempt = models.PositiveIntegerField(default=1, editable=False)
    # When somebody began to ask Stripe for a session; NULL when nobody is asking.
    claimed_at = models.DateTimeField(null=True, editable=False)
    # By which key its page was made: its money, and all that becomes of it, stays in that account.
    stripe_key = models.CharField(max_length=16, default=present_key, blank=True, editable=False)
    session_id = models.CharField(max_length=255, blank=True, editable=False)
    session_url = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    # The success page asks Stripe at most once in three seconds; the sweep asks when `ask_at` has come.
    asked_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    ask_at = models.DateTimeField(null=True, editable=False)

    # Facts, and the status folded from them. Written by donations.ledger.posting alone.
    checkout = models.CharField(
        max_length=8,
        default=Checkout.OPEN.value,
        editable=False,
        choices=[
            (Checkout.OPEN.value, _("open")),
            (Checkout.EXPIRED.value, _("expired")),
            (Checkout.COMPLETE.value, _("complete")),
        ],
    )
    settling_failed = models.BooleanField(default=False, editable=False)
    delayed = models.BooleanField(default=False, editable=False)
    flags = models.CharField(_("flags"), max_length=60, blank=True, editable=False)
    # Those that somebody has looked at: flags are facts and stay. Written by the admin.
    flags_seen = models.CharField(max_length=60, blank=True, editable=False)
    status = models.CharField(
        _("status"),
        max_length=16,
        default=Status.PENDING.value,
        editable=False,
        choices=[(status.value, _(label.staff)) for status, label in LABELS.items()],
    )

    objects = DonationQuerySet.as_manager()

    class Meta:
        verbose_name = _("donation")
        verbose_name_plural = _("donations")
        ordering: ClassVar[list[str]] = ["-id"]
        permissions = (
            ("refund_donation", _("Can refund a donation")),
            ("erase_donor", _("Can erase a donor")),
            ("export_donations", _("Can export donations, donors and the ledger")),
        )
        constraints = (models.CheckConstraint(condition=Q(amount__gt=0), name="donation_amount_above_0"),)
        indexes = (
            models.Index(fields=["status", "-id"], name="donation_by_status"),
            models.Index(fields=["frequency", "-id"], name="donation_by_frequency"),
            models.Index(fields=["-id"], name="donation_flagged", condition=~Q(flags="")),
            models.Index(fields=["ask_at"], name="donation_to_ask", condition=Q(ask_at__isnull=False)),
            models.Index(fields=["-id"], name="donation_public", condition=Q(public=True)),
            models.Index(fields=["-id"], name="donation_to_read", condition=Q(words="waiting") & ~Q(message="")),
            models.Index(
                fields=["-id"],
                name="donation_name_to_read",
                condition=Q(name_state="waiting") & Q(public=True) & ~Q(name=""),
            ),
            models.Index(Lower("email"), name="donation_to_join", condition=Q(user__isnull=True) & ~Q(email="")),
            models.Index(Lower("email"), name="donation_repeating", condition=Q(subscription__isnull=False)),
            models.Index(fields=["-id"], name="donation_to_index", condition=Q(to_index=True)),
            models.Index(fields=["created_at"], name="donation_with_bank", condition=Q(status=Status.PROCESSING.value)),
        )

    def __str__(self) -> str:
        return f"{self.pk}: {money.display(self.amount, self.currency)}"

    @property
    def settled(self) -> bool:
        """Decided, and its page at Stripe has told the rest (the donor's address): nothing is left to ask."""
        return self.status in FINAL and (self.checkout != Checkout.OPEN or not self.session_id)

    @property
    def paid_as(self) -> str:
        """What the donor paid in another currency, as people read it; empty when it was the gift's own."""
        if not money.known(self.presented_currency):
            return ""
        return money.display(self.presented_amount, self.presented_currency)

    @property
    def donor(self) -> str:
        """Who gave, as the organisation may know it; empty when nothing is known."""
        return gettext("erased donor") if self.erased_at else self.name or self.payer_name or self.email

    @property
    def shown_name(self) -> str:
        """What visitors may see as the name, if the donor wants to be seen; empty for "Someone"."""
        return self.name if self.name_state == Words.SHOWN else ""


class SearchWord(models.Model):
    """One of the words by which the staff find a donation: a cache of its names and address (reporting.search_index).

    A table of words, where PostgreSQL has trigrams and SQLite full text: it is the same in both, no extension has to be
    allowed for it, and a word that is deleted is gone.
    """

    pk = models.CompositePrimaryKey("donation_id", "word")
    donation = models.ForeignKey(Donation, on_delete=models.CASCADE, related_name="+", db_index=False)
    word = BytewiseField(max_length=LONGEST)

    class Meta:
        verbose_name = _("search word")
        verbose_name_plural = _("search words")
        indexes = (models.Index(fields=["word", "donation"], name="searchword_by_word"),)

    def __str__(self) -> str:
        return self.word
