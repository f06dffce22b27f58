"""The admin site: Django's own, and with STAFF_TWO_FACTOR only for those who took the second step as well.

What holds for every list of the admin is mixed in here, also into those of Django and of other packages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.admin.sites import AdminSite
from django.contrib.auth import authenticate
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables
from django_otp.admin import OTPAdminSite

from accounts.staff import two_factor
from accounts.staff.naming import Named
from accounts.staff.narrowing import Narrow
from lib.people.typed_text import storable
from organisation.models import current


class ChangePasswordForm(AdminPasswordChangeForm):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        old_password = str(self.cleaned_data["old_password"])
        if authenticate(self.request, username=self.user.get_username(), password=old_password) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old_password


class Desk(OTPAdminSite):  # type: ignore[misc]  # django-otp has no types
    # The code is asked for on a page of its own, so that the password is never sent back to the browser.
    login_form = AdminSite.login_form
    login_template = AdminSite.login_template

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        plain = admin_class or ModelAdmin
        super().register(
            model_or_iterable, type(plain.__name__, (Named, Narrow, plain), {"__module__": plain.__module__}), **options
        )

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Django's own pages look rows up by what was posted, as it is."""

        @wraps(view)
        def legible(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not all(storable(text) for name, texts in request.POST.lists() for text in (name, *texts)):
                raise BadRequest("a form with what no database keeps")
            return view(request, *args, **kwargs)

        wrapped: Callable[..., HttpResponse] = super().admin_view(legible, cacheable)
        return wrapped

    def has_permission(self, request: HttpRequest) -> bool:
        if settings.STAFF_TWO_FACTOR:
            return bool(super().has_permission(request))
        return AdminSite.has_permission(self, request)

    def get_urls(self) -> list[Any]:
        views = (
            ("second-step/", two_factor.step, "second_step"),
            ("second-step/set-up/", two_factor.set_up, "second_step_set_up"),
        )
        mine = [path(at, never_cache(csrf_protect(partial(view, self))), name=name) for at, view, name in views]
        return [*mine, *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Somebody whose password was right already needs no second password, but the second step."""
        half_way = AdminSite.has_permission(self, request) and not self.has_permission(request)
        if half_way and request.method == "GET":
            query = urlencode({"next": request.GET.get("next", "")})
            return HttpResponseRedirect(f"{reverse('admin:second_step')}?{query}")
        return AdminSite.login(self, request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Django's page, with the old password checked as a sign-in is: guesses are counted and end in a lock."""
        request.current_app = self.name
        return PasswordChangeView.as_view(
            form_class=partial(ChangePasswordForm, request),
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = _("The desk of %(name)s") % {"name": current().called}
        index: HttpResponse = super().index(request, {"title": title, **(extra_context or {})})
        return index

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return AdminSite.each_context(self, request) | {"two_factor": settings.STAFF_TWO_FACTOR}
