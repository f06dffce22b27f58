"""What the organisation says of itself, edited without a deploy."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organisation import accent
from organisation.forms import OrganisationForm
from organisation.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    form = OrganisationForm
    readonly_fields = ("colours", "logo_now")
    fieldsets = (
        (_("Who asks"), {"fields": ("name", "tagline", "description")}),
        (_("How it looks"), {"fields": (("accent", "picked"), "colours", "logo_now", "new_logo", "no_logo")}),
        (
            _("Goal"),
            {
                "fields": ("goal_amount", "goal_for", "goal_since", "goal_date"),
                "description": _("Without a goal the front page shows what came in so far."),
            },
        ),
        (
            _("Giving"),
            {
                "fields": (
                    *("impact", "questions", "thanks", "refund_promise", "announce_monthly"),
                    *("cover_fees", "card_fee_percent", "card_fee_fixed"),
                )
            },
        ),
        (
            _("Contact and legal"),
            {
                "fields": (
                    *("contact_email", "address", "registration_number", "privacy_url", "legal_url", "receipt_text"),
                )
            },
        ),
        (_("What visitors see"), {"fields": ("moderate_messages", "count_offline")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one, so the list of them would be a step for nothing."""
        found = Organisation.objects.only("pk").first()
        if found and self.has_view_or_change_permission(request):
            return redirect("admin:organisation_organisation_change", found.pk)
        if self.has_add_permission(request):
            return redirect("admin:organisation_organisation_add")
        return super().changelist_view(request, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """There is one, so nothing is added, and it is not one of many that are changed."""
        context |= {"title": _("Your organisation"), "subtitle": None, "show_save_and_add_another": False}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("as it is shown"))
    def colours(self, organisation: Organisation | None) -> str:
        if organisation is None or not organisation.accent:
            return gettext("The site's own blue.")
        safe = accent.theme(organisation.accent)
        return render_to_string("admin/organisation/_colours.html", {"raw": organisation.accent, "safe": safe})

    @admin.display(description=_("logo now"))
    def logo_now(self, organisation: Organisation | None) -> str:
        if organisation is None or not organisation.logo_hash:
            return gettext("None: a small cup stands beside the name.")
        return render_to_string("admin/organisation/_logo.html", {"organisation": organisation})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Organisation.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
