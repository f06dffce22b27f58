"""Taking the books out: how much it is stands on the page before, then it comes down in one stream."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.pages import formatting
from donations.models import Donation
from donations.reporting.export_formats import FORMATS
from donations.reporting.export_shape import Period, usual_periods
from donations.reporting.exports import EXPORTS
from donations.stripe import payouts

PERMISSION = "donations.export_donations"
PAYOUTS_SHOWN = 12

WHAT = {
    "donations": gettext_lazy("Donations: every gift that arrived, and what became of it, by the day it arrived"),
    "months": gettext_lazy("Months: gross, refunds, disputes, fees and net of each whole month, as on every page"),
    "subscriptions": gettext_lazy("Subscriptions: every gift that comes again, by the day it began"),
    "ledger": gettext_lazy("Ledger: every row, by the day it happened"),
    "donors": gettext_lazy("Donors: what each e-mail address gave, by the day it arrived"),
    "accounting": gettext_lazy("Accounting: Stripe’s own book (gross, fee, net, payout), by the day it was booked"),
}

RANGES = {
    "last-month": gettext_lazy("Last month"),
    "this-year": gettext_lazy("This year"),
    "last-year": gettext_lazy("Last year"),
}


class ExportForm(forms.Form):
    """What to take out, and of which days."""

    what = forms.ChoiceField(
        label=gettext_lazy("What"), choices=list(WHAT.items()), widget=forms.RadioSelect, initial="donations"
    )
    first = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Both days are included. Leave them empty for everything."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first") and cleaned.get("last") and cleaned["last"] < cleaned["first"]:
            self.add_error("last", _("This day is before the first one."))
        return cleaned

    def period(self) -> Period:
        return Period(self.cleaned_data["first"], self.cleaned_data["last"])


class Exporting(admin.ModelAdmin):
    """The part of the donations' admin that takes the books out."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export/", view, name="donations_donation_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """GET: choose, and see how much it is. POST: the file."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        form = ExportForm(_with_range(asked) if "what" in asked else None)
        if not form.is_valid():
            return self._export_page(request, form)
        kind = request.POST.get("format", "")
        return self._export_file(request, form, kind) if kind in FORMATS else self._export_page(request, form)

    def _export_file(self, request: HttpRequest, form: ExportForm, kind: str) -> StreamingHttpResponse:
        what, period = form.cleaned_data["what"], form.period()
        file = FORMATS[kind]
        LogEntry.objects.create(
            user_id=request.user.pk, content_type=ContentType.objects.get_for_model(Donation), action_flag=CHANGE,
            object_repr=_("Export"),
            change_message=_("Exported %(what)s, %(period)s, as %(kind)s.")
            % {"what": what, "period": _days(period), "kind": kind.upper()},
        )  # fmt: skip
        name = "-".join(filter(None, ["tincup", what, f"{period.first or ''}", f"{period.last or ''}"]))
        return StreamingHttpResponse(
            file.write(EXPORTS[what], period),
            content_type=file.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}{file.ending}"', "Cache-Control": "no-store"},
        )

    def _export_page(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export"),
            "opts": Donation._meta,
            "form": form,
            "ranges": RANGES,
        }
        if form.is_bound and form.is_valid():
            what, period = form.cleaned_data["what"], form.period()
            context |= {
                "rows": EXPORTS[what].count(period),
                "what": WHAT[what],
                "days": _days(period),
                "chosen": {name: form[name].value() or "" for name in form.fields},
            }
            if what == "accounting":
                context["payouts"] = [
                    {
                        "day": one.payout.created_at,
                        "id": formatting.stripe_id(one.payout.pk),
                        "amount": formatting.amount(one.payout.amount, one.payout.currency),
                        "known": one.parts is not None,
                        "older": one.older,
                        "agrees": one.agrees,
                        "parts": formatting.amount(one.parts or 0, one.payout.currency),
                    }
                    for one in payouts.checked(period.start, period.end, PAYOUTS_SHOWN)
                ]
        return TemplateResponse(request, "admin/donations/donation/export.html", context)


def _with_range(asked: QueryDict) -> QueryDict:
    """What was asked for, with the days of the quick range whose button was pressed."""
    if period := usual_periods(timezone.localdate()).get(asked.get("range", "")):
        asked = asked.copy()
        asked["first"], asked["last"] = str(period.first), str(period.last)
    return asked


def _days(period: Period) -> str:
    if period.first is None and period.last is None:
        return _("from the beginning until now")
    return _("%(first)s to %(last)s") % {
        "first": format_date(period.first, "j F Y") if period.first else "…",
        "last": format_date(period.last, "j F Y") if period.last else _("now"),
    }
