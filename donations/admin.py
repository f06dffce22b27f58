"""The admin: what donors said may be corrected; money, Stripe's ids and events may only be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from donations import (
    admin_moderation,  # noqa: F401  (registers pages of its own)
    healing,
    money,
)
from donations.models import (
    BalanceTransaction,
    Case,
    Chore,
    Donation,
    LedgerEntry,
    StripeEvent,
    StripeRef,
    Total,
)


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LedgerInline(admin.TabularInline):
    model = LedgerEntry
    extra = 0
    can_delete = False
    fields = readonly_fields = ("kind", "source", "sum", "happened_at", "recorded_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("amount"))
    def sum(self, entry: LedgerEntry) -> str:
        return money.display(entry.amount, entry.currency)


@admin.register(Donation)
class DonationAdmin(admin.ModelAdmin):
    list_display = ("id", "sum", "status", "name", "email", "public", "flags", "created_at")
    list_filter = ("status", "public", "flags", "created_at")
    search_fields = ("name", "email", "refs__id", "uuid")
    inlines = (LedgerInline,)
    fields = (
        "sum", "status", "flags", "name", "email", "message", "public", "user", "uuid", "checkout", "settling_failed",
        "session_id", "created_at", "expires_at",
    )  # fmt: skip
    readonly_fields = (
        "sum", "status", "flags", "user", "uuid", "checkout", "settling_failed", "session_id", "created_at",
        "expires_at",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Donation, form: ModelForm, change: bool) -> None:
        """Write only what was corrected: a webhook may have settled the gift while the page stood open."""
        if form.changed_data:
            obj.save(update_fields=form.changed_data)

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, donation: Donation) -> str:
        return money.display(donation.amount, donation.currency)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("happened_at", "kind", "sum", "currency", "donation", "source")
    list_filter = ("kind", "currency", "happened_at")
    list_select_related = ("donation",)
    search_fields = ("source",)

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, entry: LedgerEntry) -> str:
        return money.display(entry.amount, entry.currency)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    list_display = ("id", "type", "state", "waits_for", "attempts", "error", "received_at")
    list_filter = ("state", "type")
    search_fields = ("id",)
    actions = ("replay",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("donations.change_stripeevent"))

    @admin.action(description=_("Replay the selected events"), permissions=["replay"])
    def replay(self, request: HttpRequest, events: QuerySet[StripeEvent]) -> None:
        """Booking is idempotent, so a replay can only complete what is missing."""
        for event in events:
            try:
                healing.replay(event)
            except Exception as error:
                self.message_user(request, f"{event.pk}: {type(error).__name__}: {error}", messages.ERROR)
            else:
                event.refresh_from_db()
                self.message_user(request, f"{event.pk}: {event.get_state_display()}", messages.SUCCESS)


@admin.register(StripeRef)
class StripeRefAdmin(ReadOnly):
    list_display = ("id", "donation")
    list_select_related = ("donation",)
    search_fields = ("id",)


@admin.register(Case)
class CaseAdmin(ReadOnly):
    list_display = ("id", "kind", "sum", "status", "donation", "deadline", "opened_at")
    list_filter = ("kind", "status")
    list_select_related = ("donation",)
    search_fields = ("id",)

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, case: Case) -> str:
        return money.display(case.amount, case.currency)


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnly):
    list_display = ("created_at", "type", "amount", "fee", "net", "currency", "source")
    list_filter = ("type", "currency", "created_at")
    search_fields = ("id", "source", "payment")


@admin.register(Total)
class TotalAdmin(ReadOnly):
    list_display = ("month", "currency", "raised", "refunded", "gifts")


@admin.register(Chore)
class ChoreAdmin(ReadOnly):
    list_display = ("name", "done_at", "due_at", "result")
