"""Gifts outside Stripe in the admin: written down, receipted, struck out; never edited."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from desk.admin.paging import QuickList
from desk.pages import formatting
from donations.ledger import offline_donations
from donations.models import OfflineGift
from lib import amount_field
from lib.amount_field import AmountField
from lib.people.addresses import AddressField, searched
from lib.people.typed_text import TidyField


class RecordForm(forms.ModelForm):
    """What came, from whom, and how."""

    amount = AmountField(label=gettext_lazy("Amount"), max_length=20, above_zero=True)
    name = TidyField(label=gettext_lazy("Name"), max_length=60, required=False, help_text=gettext_lazy("Of the donor."))
    email = AddressField(
        label=gettext_lazy("E-mail"), max_length=254, required=False, help_text=gettext_lazy("For the receipt.")
    )
    message = TidyField(label=gettext_lazy("Message"), max_length=200, required=False)
    public = forms.BooleanField(label=gettext_lazy("Show the name on the sponsors page"), required=False)
    form = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    class Meta:
        model = OfflineGift
        fields = ("method", "received_on", "reference")
        widgets = {"received_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = amount_field.in_currency(settings.DONATION_CURRENCY)
        self.fields["received_on"].initial = timezone.localdate

    def clean_received_on(self) -> Any:
        day = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return day


@admin.register(OfflineGift)
class OfflineGiftAdmin(QuickList):
    list_display = ("received_on", "sum", "method", "donor", "reference", "struck")
    list_filter = ("method",)
    list_select_related = ("donation",)
    search_fields = ("reference", "donation__name", "donation__email")
    form = RecordForm
    change_form_template = "admin/donations/offlinegift/change_form.html"
    fieldsets = (
        (None, {"fields": ("amount", "method", "received_on", "reference", "form")}),
        (gettext_lazy("The donor"), {"fields": ("name", "email", "message", "public")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OfflineGift], search_term: str
    ) -> tuple[QuerySet[OfflineGift], bool]:
        return super().get_search_results(request, queryset, searched(search_term))

    def has_change_permission(self, request: HttpRequest, obj: OfflineGift | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OfflineGift | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: OfflineGift | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        fields = ("gift", "sum", "method", "received_on", "reference", "donor", "recorded_by", "recorded_at")
        voided = ("struck_out_by", "struck_out_at", "why") if obj.struck_out_at else ()
        return ((None, {"fields": (*fields, *voided)}),)

    def get_readonly_fields(self, request: HttpRequest, obj: OfflineGift | None = None) -> Any:
        return () if obj is None else ("gift", "sum", "donor")

    def get_form(
        self, request: HttpRequest, obj: OfflineGift | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            kwargs["form"] = forms.ModelForm  # only to be read
        return super().get_form(request, obj, change, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        strike = self.admin_site.admin_view(self.strike_out)
        receipt = self.admin_site.admin_view(require_POST(self.receipt))
        return [
            path("<str:pk>/strike-out/", strike, name="donations_offlinegift_strike_out"),
            path("<str:pk>/receipt/", receipt, name="donations_offlinegift_receipt"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: OfflineGift, form: Any, change: bool) -> None:
        told = form.cleaned_data
        gift, new = offline_donations.record(
            offline_donations.Received(
                form=told["form"], amount=told["amount"], currency=settings.DONATION_CURRENCY, method=told["method"],
                received_on=told["received_on"], by=request.user.get_username(), reference=told["reference"],
                name=told["name"], email=told["email"], message=told["message"], public=told["public"],
            )
        )  # fmt: skip
        obj.pk, obj.donation = gift.pk, gift.donation
        form.recorded_anew = new

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        if not form.recorded_anew:
            return _("Sent the same page again: nothing was recorded.")
        return _("Recorded a gift outside Stripe: %(gift)s.") % {"gift": form.instance}

    def receipt(self, request: HttpRequest, pk: str) -> HttpResponse:
        """One button: the donor gets an e-mail."""
        gift = self._gift(request, pk)
        if not gift.donation.email:
            messages.error(request, _("The donor left no e-mail address."))
        elif gift.struck_out_at:
            messages.error(request, _("This gift is struck out."))
        else:
            offline_donations.send_receipt(gift)
            self.log_change(request, gift, _("Sent a receipt."))
            messages.success(request, _("The receipt is on its way to %(email)s.") % {"email": gift.donation.email})
        return redirect("admin:donations_offlinegift_change", pk)

    def strike_out(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Say what it means, ask why, and write the counter-entry."""
        gift = self._gift(request, pk)
        why = request.POST.get("why", "").strip()[:200]
        if request.method == "POST" and why:
            if offline_donations.void(gift, request.user.get_username(), why):
                self.log_change(request, gift, _("Struck out: %(why)s") % {"why": why})
                messages.success(request, _("The gift is struck out. If it was another amount, record it anew."))
            else:
                messages.warning(request, _("Somebody has struck this gift out already."))
            return redirect("admin:donations_offlinegift_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Strike out: %(gift)s") % {"gift": gift},
            "opts": OfflineGift._meta,
            "gift": gift,
            "amount": self.sum(gift),
            "missing": request.method == "POST",
        }
        return TemplateResponse(request, "admin/donations/offlinegift/strike_out.html", context)

    def _gift(self, request: HttpRequest, pk: str) -> OfflineGift:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return get_object_or_404(OfflineGift.objects.select_related("donation"), pk=pk)

    @admin.display(description=gettext_lazy("amount"))
    def sum(self, gift: OfflineGift) -> str:
        return formatting.amount(gift.donation.amount, gift.donation.currency)

    @admin.display(description=gettext_lazy("donor"))
    def donor(self, gift: OfflineGift) -> str:
        return gift.donation.donor or _("Someone")

    @admin.display(description=gettext_lazy("donation"))
    def gift(self, gift: OfflineGift) -> str:
        page = reverse("admin:donations_donation_change", args=[gift.donation_id])
        return format_html('<a href="{}">{}</a>', page, gift.donation)

    @admin.display(description=gettext_lazy("struck out"), boolean=True)
    def struck(self, gift: OfflineGift) -> bool:
        return gift.struck_out_at is not None
