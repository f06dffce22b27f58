"""The ledger, Stripe's book, the totals and the scheduled jobs: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from desk.admin.readonly import ReadOnly
from donations.jobs import scheduler
from donations.models import BalanceTransaction, Chore, LedgerEntry, Total
from lib import money
from lib.finding import Level
from upkeep.doctor import examination


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("happened_at", "kind", "sum", "currency", "donation", "source")
    list_filter = ("kind", "happened_at")
    list_select_related = ("donation",)
    search_fields = ("source__exact",)
    sortable_by = ()

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, entry: LedgerEntry) -> str:
        return money.display(entry.amount, entry.currency)


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnly):
    list_display = ("created_at", "type", "amount", "fee", "net", "currency", "source")
    list_filter = ("created_at",)
    search_fields = ("id__exact", "source__exact", "payment__exact")
    sortable_by = ()


@admin.register(Total)
class TotalAdmin(ReadOnly):
    list_display = ("month", "currency", "raised", "refunded", "disputed", "gifts", "offline", "offline_gifts")


@admin.register(Chore)
class ChoreAdmin(ReadOnly):
    list_display = ("label", "done_at", "due_at", "result")

    @admin.display(description=_("name"), ordering="name")
    def label(self, job: Chore) -> str:
        return scheduler.label(job.name)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.doctor)
        return [path("doctor/", view, name="donations_chore_doctor"), *super().get_urls()]

    def doctor(self, request: HttpRequest) -> HttpResponse:
        """What `manage.py doctor` finds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = sorted(examination.examine(), key=lambda each: each.level == Level.OK)
        context = {
            **self.admin_site.each_context(request),
            "title": _("How the site is"),
            "opts": self.opts,
            "findings": found,
        }
        return TemplateResponse(request, "admin/donations/chore/doctor.html", context)
