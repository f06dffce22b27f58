"""Refunds and disputes as far as they have come; a dispute has a page to work from."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from desk.admin.readonly import ReadOnly
from desk.pages import case_words, dispute_page, formatting, tasks
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
    list_display = ("donor", "kind", "sum", "answer_by", "state", "opened", "id")
    list_filter = (ToAnswer, "kind")
    list_select_related = ("donation",)
    search_fields = ("id__exact", "donation__refs__id__exact")
    search_help_text = _("An id of Stripe’s.")
    sortable_by = ()
    fields = ("kind", "sum", "state", "gift", "answer_by", "opened_at", "as_of", "asked_by", "at_stripe")
    readonly_fields = ("sum", "state", "answer_by", "gift", "at_stripe")
    change_form_template = "admin/donations/case/change_form.html"

    @admin.display(description=_("amount"))
    def sum(self, case: Case) -> str:
        return formatting.amount(case.amount, case.currency)

    @admin.display(description=_("donor"))
    def donor(self, case: Case) -> str:
        return format_html("<bdi>{}</bdi>", case.donation.donor or _g("Someone"))

    @admin.display(description=_("answer by"))
    def answer_by(self, case: Case) -> str:
        return case_words.answer_by(case.deadline, case.status in tasks.TO_ANSWER)

    @admin.display(description=_("state"))
    def state(self, case: Case) -> str:
        return case_words.state(case.kind, case.status)

    @admin.display(description=_("opened"))
    def opened(self, case: Case) -> str:
        return formatting.day(case.opened_at)

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
