"""What the admin's lists are called: "Donations", where Django says "Select donation to change"."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst


class Named(admin.ModelAdmin):
    """What the admin site mixes into every ModelAdmin (accounts.staff.admin_site)."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        found.title = capfirst(str(self.opts.verbose_name_plural))
        return found
