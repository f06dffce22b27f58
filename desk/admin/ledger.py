"""The ledger, Stripe's book, the totals and the scheduled jobs: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from desk.admin.readonly import ReadOnly
from desk.pages import formatting
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
    list_display = ("created_at", "type", "gross", "kept", "left", "source")
    list_filter = ("created_at",)
    search_fields = ("id__exact", "source__exact", "payment__exact")
    sortable_by = ()

    @admin.display(description=_("amount"))
    def gross(self, movement: BalanceTransaction) -> str:
        return formatting.amount(movement.amount, movement.currency)

    @admin.display(description=_("fee"))
    def kept(self, movement: BalanceTransaction) -> str:
        return formatting.amount(movement.fee, movement.currency)

    @admin.display(description=_("net"))
    def left(self, movement: BalanceTransaction) -> str:
        return formatting.amount(movement.net, movement.currency)


@admin.register(Total)
class TotalAdmin(ReadOnly):
    list_display = ("in_month", "raised_", "refunded_", "disputed_", "gifts", "outside", "offline_gifts")
    sortable_by = ()

    @admin.display(description=_("month"))
    def in_month(self, total: Total) -> str:
        return format_date(total.month, _g("F Y"))

    @admin.display(description=_("raised"))
    def raised_(self, total: Total) -> str:
        return formatting.amount(total.raised, total.currency)

    @admin.display(description=_("refunded"))
    def refunded_(self, total: Total) -> str:
        return formatting.amount(total.refunded, total.currency)

    @admin.display(description=_("disputed"))
    def disputed_(self, total: Total) -> str:
        return formatting.amount(total.disputed, total.currency)

    @admin.display(description=_("outside Stripe"))
    def outside(self, total: Total) -> str:
        return formatting.amount(total.offline, total.currency)


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
