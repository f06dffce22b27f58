"""Donations: found by anything, shown with all that happened, corrected in words alone."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from desk.admin.exports import Exporting
from desk.admin.filters import Amount, Flagged, Period
from desk.admin.irreversible.erasing import PERMISSION as ERASE
from desk.admin.irreversible.erasing import Erasing
from desk.admin.irreversible.refund import Refunding
from desk.admin.paging import QuickList
from desk.pages import dashboard, formatting, ledger_rows, search, timeline
from donations.models import Donation, fold
from donations.wall import placements
from donations.wall.messages import initial_name_state
from lib.people.addresses import AddressField
from lib.people.typed_text import TidyField

FLAGS = {
    "amount": _("Another amount or currency was paid than was asked for."),
    "reports": _("Two reports of one payment differ. The first one stands."),
    "twice": _("This gift was paid more than once."),
    "failed": _("The payment failed after it had arrived: the bank called it back."),
    "status": _("Stripe used a word for a status that this site does not know. Look at it in Stripe’s dashboard."),
    "currency": _("The bank disputes this gift in another currency. All of the gift is taken for what it took."),
    "outside": _("An invoice was marked as paid outside Stripe, and had been counted already."),
    "rebuilt": _("The gift was unknown here, and was made again from Stripe’s report."),
}
DETAILS = (
    "name_state", "payer_name", "frequency", "user", "public_id", "checkout", "session", "created_at", "expires_at",
)  # fmt: skip
# What the log says of each field. Not what stood there: what a donor has erased must not live on in a log.
CORRECTED = {
    "name": _("Corrected the name."),
    "email": _("Corrected the e-mail address."),
    "message": _("Corrected the message."),
    "notes": _("Changed the private notes."),
}


@admin.register(Donation)
class DonationAdmin(Refunding, Exporting, Erasing, QuickList):
    list_display = ("id", "when", "sum", "status", "given_by", "email", "flagged")
    list_filter = ("status", "frequency", Period, Amount, Flagged)
    search_fields = ("name",)  # any: the box is shown for it, desk.pages.search does the work
    search_help_text = _("A name, an e-mail address, the number of a gift or a receipt, or any id of Stripe’s.")
    sortable_by = ("id",)
    fieldsets = (
        (_("Correct what the donor said"), {"fields": ("name", "email", "message", "public")}),
        (_("For the staff"), {"fields": ("notes",)}),
        (
            _("Details"),
            {"fields": DETAILS, "classes": ("collapse",)},
        ),
    )
    readonly_fields = DETAILS
    change_form_template = "admin/donations/donation/change_form.html"

    # --- The list ---

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Donation], search_term: str
    ) -> tuple[QuerySet[Donation], bool]:
        return search.find(queryset, search_term), False

    @admin.display(description=_("amount"))
    def sum(self, donation: Donation) -> str:
        return formatting.amount(donation.amount, donation.currency)

    @admin.display(description=_("name"))
    def given_by(self, donation: Donation) -> str:
        return donation.name or donation.payer_name

    @admin.display(description=_("when"))
    def when(self, donation: Donation) -> str:
        return formatting.moment(donation.created_at)

    @admin.display(description=_("flags"))
    def flagged(self, donation: Donation) -> str:
        return donation.flags.replace(",", ", ") + (" ✓" if donation.flags and not _to_look_at(donation) else "")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(
            request, {"doings": dashboard.actions(cast(PermissionsMixin, request.user))} | (extra_context or {})
        )

    # --- One gift ---

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if form_class := {"name": TidyField, "message": TidyField, "email": AddressField}.get(db_field.name):
            kwargs["form_class"] = form_class
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        seen = self.admin_site.admin_view(require_POST(self.looked_at))
        return [path("<int:pk>/looked-at/", seen, name="donations_donation_looked_at"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Donation, form: ModelForm, change: bool) -> None:
        """Write only what was corrected: a webhook may have settled the gift while the page stood open."""
        changed = {field: getattr(obj, field) for field in form.changed_data}
        if "name" in changed:
            changed["name_state"] = initial_name_state(obj.name)
        if changed:
            placements.edit([obj.pk], **changed)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        words = [str(CORRECTED[name]) for name in form.changed_data if name in CORRECTED]
        if "public" in form.changed_data:
            shows = form.cleaned_data["public"]
            words.append(_g("Shows the name from now on.") if shows else _g("Hides the name from now on."))
        return " ".join(words) or _g("Saved without a change.")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        donation = kwargs.get("obj")
        if donation is not None:
            context |= {
                "figures": _figures(donation),
                "flags": [(flag, FLAGS.get(flag, flag)) for flag in filter(None, donation.flags.split(","))],
                "to_look_at": _to_look_at(donation),
                "timeline": timeline.of(donation),
                "rows": ledger_rows.for_donation(donation),
                "doings": _actions(request, donation),
                # The page is about the gift; its name says more than "Change donation".
                "title": _g("Gift %(number)s, %(amount)s")
                % {"number": donation.pk, "amount": formatting.amount(donation.amount, donation.currency)},
                "subtitle": None,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def looked_at(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Somebody has looked at what is flagged. A flag that came since the page was opened stays to be looked at."""
        donation = get_object_or_404(Donation, pk=pk)
        if not self.has_change_permission(request, donation):
            raise PermissionDenied
        seen = request.POST.get("flags", "")
        if Donation.objects.filter(pk=pk, flags=seen).exclude(flags_seen=F("flags")).update(flags_seen=seen):
            words = " ".join(str(FLAGS.get(flag, flag)) for flag in seen.split(","))
            self.log_change(request, donation, _g("Looked at: %(flags)s") % {"flags": words})
            self.message_user(request, _g("Noted that you looked at it."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:donations_donation_change", args=[pk]))

    @admin.display(description=_("id in addresses"))
    def public_id(self, donation: Donation) -> str:
        return str(donation.uuid)

    @admin.display(description=_("Stripe’s page"))
    def session(self, donation: Donation) -> str:
        return formatting.stripe_id(donation.session_id)


def _to_look_at(donation: Donation) -> bool:
    return bool(donation.flags) and donation.flags != donation.flags_seen


def _figures(donation: Donation) -> list[tuple[str, str]]:
    """What came, what went, and what is left, in the currencies in which it did."""
    found = [(_g("State"), donation.get_status_display())]
    if donation.paid_as:
        found.append((_g("Paid as"), donation.paid_as))
    moved = donation.entries.order_by().values_list("kind", "currency", "amount")
    for currency, sums in sorted(fold(moved).items()):
        found.append((_g("Arrived"), formatting.amount(sums.given, currency)))
        if sums.went_back:
            found.append((_g("Went back"), formatting.amount(sums.went_back, currency)))
            found.append((_g("Left"), formatting.amount(sums.left, currency)))
    return found


def _actions(request: HttpRequest, donation: Donation) -> list[tuple[str, str]]:
    """What can be done with this gift elsewhere: the pages that this site has, for those who may use them."""
    found = []
    if request.user.has_perm("donations.refund_donation"):
        found.append((_g("Refund"), "admin:donations_donation_refund"))
    links = []
    for words, name in found:
        try:
            links.append((words, reverse(name, args=[donation.pk])))
        except NoReverseMatch:
            continue
    if not donation.erased_at and request.user.has_perm(ERASE):
        links.append((_g("Erase this donor"), f"{reverse('admin:donations_donation_erase')}?gift={donation.pk}"))
    return links
