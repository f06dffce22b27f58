"""Erasing a donor at a donor's own wish: what goes and what stays is said first, and the password asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.data import deletion
from desk.admin.irreversible.reauthentication import is_fresh, require
from donations.models import Donation
from lib.people.addresses import AddressField

PERMISSION = "donations.erase_donor"


class EraseForm(forms.Form):
    """Whose gifts: by the address, for that is what a donor writes from."""

    email = AddressField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Of the donor who asks for it. Make sure that it is them: let them write from it."),
    )
    # Of a gift that has no address: one outside Stripe, or one that was never finished.
    gift = forms.IntegerField(required=False, min_value=1, max_value=10**15, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "email" in cleaned and not cleaned["email"] and not cleaned.get("gift"):
            self.add_error("email", _("Type the donor’s e-mail address."))
        return cleaned

    def look(self) -> deletion.Found:
        address = self.cleaned_data["email"]
        return deletion.look(address) if address else deletion.look_at_gift(self.cleaned_data["gift"])

    def erase(self) -> int:
        address = self.cleaned_data["email"]
        return deletion.erase_donor(address) if address else deletion.erase_gift(self.cleaned_data["gift"])


class Erasing(admin.ModelAdmin):
    """The part of the donations' admin that forgets a donor."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.erase)
        return [path("erase/", view, name="donations_donation_erase"), *super().get_urls()]

    def erase(self, request: HttpRequest) -> HttpResponse:
        """Ask for the address, then say what it means, then do it."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        if request.method != "POST":
            return self._erase_page(request, EraseForm(initial=_whose(request.GET.get("gift", ""))))
        form = EraseForm(request.POST)
        if not form.is_valid():
            return self._erase_page(request, form)
        found = form.look()
        if not found.anything:
            form.add_error("email", _("Nobody gave with this address, and no account has it."))
        elif found.staff:
            form.add_error("email", _("This is an account of the staff. Take that right away from it first."))
        elif found.gifts.goes_on:
            form.add_error("email", _still_gives(found.gifts.goes_on))
        if form.errors:
            return self._erase_page(request, form)
        if "confirmed" not in request.POST:
            return self._erase_page(request, form, found)
        if not is_fresh(request) and not require(request, request.POST.get("password", "")):
            return self._erase_page(request, form, found, wrong="password" in request.POST)
        return self._erased(request, form.erase())

    def _erased(self, request: HttpRequest, gifts: int) -> HttpResponse:
        told = ngettext("Erased the donor of %(n)d gift.", "Erased the donor of %(n)d gifts.", gifts) % {"n": gifts}
        # Who was erased is what nobody is to read here.
        LogEntry.objects.create(
            user_id=request.user.pk, content_type=ContentType.objects.get_for_model(Donation), action_flag=CHANGE,
            object_repr=_("erased donor"), change_message=told,
        )  # fmt: skip
        messages.success(request, f"{told} {_('Now redact them at Stripe too: the documentation says how.')}")
        return redirect("admin:donations_donation_changelist")

    def _erase_page(
        self, request: HttpRequest, form: EraseForm, found: deletion.Found | None = None, *, wrong: bool = False
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Erase a donor"),
            "opts": Donation._meta,
            "form": form,
            "found": found,
            "wrong": wrong,
            "ask_password": not is_fresh(request),
        }
        return TemplateResponse(request, "admin/donations/donation/erase.html", context)


def _still_gives(subscriptions: Sequence[int]) -> str:
    """What has to be stopped first, each with the way to it."""
    pages = [reverse("admin:donations_subscription_stop", args=[key]) for key in subscriptions]
    ways = format_html_join(", ", '<a href="{}">{}</a>', [(page, _("Stop it for the donor")) for page in pages])
    return format_html("{} {}", _("This donor gives monthly. Stop that first:"), ways)


def _whose(gift: str) -> dict[str, Any]:
    """The address of the gift with this number (in a page's own address it would stand in logs), or else the gift."""
    if not (gift.isascii() and gift.isdigit() and len(gift) < 16):
        return {}
    found = Donation.objects.select_related("user").filter(pk=int(gift)).first()
    if found is None:
        return {}
    address = found.email or (found.user.email if found.user else "")
    return {"email": address} if address else {"gift": found.pk}
