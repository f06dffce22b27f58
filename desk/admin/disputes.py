"""Refunds and disputes as far as they have come; a dispute has a page to work from."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from desk.admin.readonly import ReadOnly
from desk.pages import dispute_page, formatting, tasks
from donations.models import Case

TITLES = {
    Case.Kind.REFUND: _("Refund of %(amount)s"),
    Case.Kind.DISPUTE: _("Dispute about %(amount)s"),
    Case.Kind.WARNING: _("Early warning of fraud about %(amount)s"),
    Case.Kind.FAILURE: _("Failed payment of %(amount)s"),
}


class ToAnswer(admin.SimpleListFilter):
    title = _("an answer is due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Yes"))]

    def queryset(self, request: HttpRequest, cases: QuerySet[Case]) -> QuerySet[Case]:
        return cases.filter(status__in=tasks.TO_ANSWER) if self.value() == "1" else cases


@admin.register(Case)
class CaseAdmin(ReadOnly):
    list_display = ("id", "kind", "sum", "status", "reason", "donation", "deadline", "opened_at")
    list_filter = (ToAnswer, "kind")
    list_select_related = ("donation",)
    search_fields = ("id__exact", "donation__refs__id__exact")
    search_help_text = _("An id of Stripe’s.")
    fields = ("kind", "sum", "status", "gift", "at_stripe", "opened_at", "as_of", "deadline", "asked_by")
    readonly_fields = ("sum", "gift", "at_stripe")
    change_form_template = "admin/donations/case/change_form.html"

    @admin.display(description=_("amount"))
    def sum(self, case: Case) -> str:
        return formatting.amount(case.amount, case.currency)

    @admin.display(description=_("gift"))
    def gift(self, case: Case) -> str:
        return formatting.gift(case.donation)

    @admin.display(description=_("at Stripe"))
    def at_stripe(self, case: Case) -> str:
        return formatting.stripe_id(case.pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        case = kwargs.get("obj")
        if case is not None:
            dispute = case.kind == Case.Kind.DISPUTE
            context |= {
                "title": str(TITLES[Case.Kind(case.kind)]) % {"amount": formatting.amount(case.amount, case.currency)},
                "subtitle": None,
                "dispute": dispute_page.page(case) if dispute else None,
            }
        return super().render_change_form(request, context, *args, **kwargs)
