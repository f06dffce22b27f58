"""Accounts in the admin: Django's own pages, with the e-mail address in the user name's place."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import forms as auth_forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.data import deletion
from accounts.models import User
from accounts.staff import two_factor_admin  # noqa: F401  (registers its own)
from lib.people.addresses import searched


class AddUserForm(auth_forms.AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class ChangeUserForm(auth_forms.UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    add_form = AddUserForm
    form = ChangeUserForm

    list_display = ("email", "name", "is_staff", "is_active", "last_login", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("verified_at", "last_login", "date_joined")

    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("verified_at", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        return super().get_search_results(request, queryset, searched(search_term))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes along; whoever gives monthly stays until that has ended."""
        gone, counts, lacking, kept = super().get_deleted_objects(objs, request)
        stay = [user for user in objs if not user.is_staff and deletion.still_gives(user)]
        told = [_("%(user)s gives monthly: stop that first, under “Subscriptions”") % {"user": user} for user in stay]
        return gone, counts, lacking, [*kept, *told]

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """A donor's account goes as when the donor closes it: out of the gifts as well."""
        if obj.is_staff:
            super().delete_model(request, obj)
        else:
            deletion.erase(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[User]) -> Any:
        """The history must not be what keeps the address of somebody who was deleted."""
        return LogEntry.objects.bulk_create(
            [
                LogEntry(
                    user_id=request.user.pk,
                    content_type=ContentType.objects.get_for_model(User),
                    object_id=str(user.pk),
                    object_repr=gettext("account %(number)d") % {"number": user.pk},
                    action_flag=DELETION,
                )
                for user in queryset
            ]
        )
