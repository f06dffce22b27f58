"""Donations: found by anything, corrected in words alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.admin.refund import Refunding
from donations.models import Donation, LedgerEntry


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
class DonationAdmin(Refunding):
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
