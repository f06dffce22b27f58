"""The shield: its numbers, how things stand, and the alarm, which a hand may ring and end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from desk.admin.readonly import ReadOnly
from desk.pages import shield_status
from donations.models import Alarm, Shield
from donations.shield import alarm, declines
from lib.amount_field import AmountField


class ShieldForm(ModelForm):
    least_in_alarm = AmountField(
        required=False,
        above_zero=True,
        label=gettext_lazy("Smallest gift in an alarm"),
        help_text=gettext_lazy("Thieves try small sums. Empty: as at other times."),
    )


@admin.register(Shield)
class ShieldAdmin(admin.ModelAdmin):
    form = ShieldForm
    change_form_template = "admin/donations/shield/change_form.html"
    fieldsets = (
        (gettext_lazy("At other times"), {"fields": ("burst", "per_minute", "in_all")}),
        (
            gettext_lazy("In an alarm"),
            {"fields": ("declines", "alarm_burst", "alarm_per_minute", "least_in_alarm")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one, so the list of them would be a step for nothing."""
        if self.has_view_or_change_permission(request):
            return redirect("admin:donations_shield_change", 1)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.alarm))
        return [path("alarm/", view, name="donations_shield_alarm"), *super().get_urls()]

    def alarm(self, request: HttpRequest) -> HttpResponse:
        """One button: it rings the alarm, or ends the one that rings."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if "end" in request.POST:
            done, told = alarm.end(), _("The alarm has ended.")
        else:
            done, told = alarm.ring(declines.recent(), request.user.get_username()), _("The alarm rings.")
        if done:
            self.log_change(request, Shield(), told)
            messages.success(request, told)
        else:
            messages.warning(request, _("Somebody was quicker: nothing was changed."))
        return redirect("admin:donations_shield_change", 1)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["stand"] = shield_status.now()
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    list_display = ("began_at", "ended_at", "declined", "paid", "by")
    fields = list_display
