"""The outbox in the admin: what was sent, what was not and why, and a way to send it again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from mail import outbox
from mail.models import Mail


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    list_display = ("kind", "key", "state", "attempts", "next_at", "sent_at", "error")
    list_filter = ("state", "kind")
    search_fields = ("key", "message_id")
    actions = ("send_again",)
    show_full_result_count = False
    fields = ("kind", "key", "state", "attempts", "created_at", "next_at", "sent_at", "error", "message_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mail.change_mail")

    @admin.action(description=_("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        again = 0
        for mail in mails:
            if outbox.send_again(mail):
                again += 1
                self.log_change(request, mail, gettext("Asked for it to be sent again."))
        self.message_user(
            request,
            ngettext("%(count)d e-mail is on its way again.", "%(count)d e-mails are on their way again.", again)
            % {"count": again},
            messages.SUCCESS if again else messages.WARNING,
        )
