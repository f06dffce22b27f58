"""Stripe's events and ids: to look at, and to replay."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.admin.readonly import ReadOnly
from donations.models import StripeEvent, StripeRef
from donations.stripe import polling


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    list_display = ("id", "type", "state", "waits_for", "attempts", "error", "received_at")
    list_filter = ("state", "received_at")
    search_fields = ("id__exact",)
    actions = ("replay",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("donations.change_stripeevent"))

    @admin.action(description=gettext_lazy("Replay the selected events"), permissions=["replay"])
    def replay(self, request: HttpRequest, events: QuerySet[StripeEvent]) -> None:
        """Booking is idempotent, so a replay can only complete what is missing."""
        for event in events:
            try:
                polling.retry(event)
            except Exception as error:
                self.log_change(request, event, _("Replayed, and it failed."))
                self.message_user(request, f"{event.pk}: {type(error).__name__}: {error}", messages.ERROR)
            else:
                event.refresh_from_db()
                self.log_change(request, event, _("Replayed: %(state)s") % {"state": event.get_state_display()})
                self.message_user(request, f"{event.pk}: {event.get_state_display()}", messages.SUCCESS)


@admin.register(StripeRef)
class StripeRefAdmin(ReadOnly):
    list_display = ("id", "donation")
    list_select_related = ("donation",)
    search_fields = ("id__exact",)
