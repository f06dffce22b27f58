"""What the staff did, in words: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from desk.admin.readonly import ReadOnly


@admin.register(LogEntry)
class LogAdmin(ReadOnly):
    list_display = ("action_time", "user", "about", "words")
    list_filter = ("action_time",)
    list_select_related = ("user", "content_type")
    search_fields = ("user__email__exact", "object_id__exact")
    search_help_text = _("The e-mail address of a member of the staff, or the number of a gift.")
    fields = ("action_time", "user", "about", "words")
    readonly_fields = ("about", "words")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("admin.view_logentry")

    @admin.display(description=_("about"))
    def about(self, entry: Any) -> str:
        return f"{entry.content_type}: {entry.object_repr}" if entry.content_type else entry.object_repr

    @admin.display(description=_("what"))
    def words(self, entry: Any) -> str:
        return str(entry.get_change_message() or entry.get_action_flag_display())
