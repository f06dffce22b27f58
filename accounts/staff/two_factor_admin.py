"""Who has the second step set up; a superuser takes it away when phone and recovery codes are lost."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

# Their pages show the secrets.
admin.site.unregister([TOTPDevice, StaticDevice])


@admin.register(TOTPDevice)
class PhoneAdmin(admin.ModelAdmin):
    list_display = ("user", "confirmed", "created_at", "last_used_at")
    list_select_related = ("user",)
    fields = ("user", "confirmed", "created_at", "last_used_at")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return settings.STAFF_TWO_FACTOR and super().has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: TOTPDevice) -> None:
        StaticDevice.objects.filter(user=obj.user).delete()
        obj.delete()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TOTPDevice]) -> None:
        StaticDevice.objects.filter(user__in=queryset.values("user")).delete()
        queryset.delete()
