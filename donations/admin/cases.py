"""Refunds and disputes as far as they have come."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.admin.readonly import ReadOnly
from donations.models import Case


@admin.register(Case)
class CaseAdmin(ReadOnly):
    list_display = ("id", "kind", "sum", "status", "donation", "deadline", "opened_at")
    list_filter = ("kind", "status")
    list_select_related = ("donation",)
    search_fields = ("id",)

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, case: Case) -> str:
        return money.display(case.amount, case.currency)
