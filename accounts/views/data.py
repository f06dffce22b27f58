"""Everything that is kept of a donor: to take along, and to have deleted."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.data import deletion, export
from accounts.forms import DeleteForm
from accounts.views.helpers import donor, form_page
from accounts.views.login import leave
from lib import csv_safety


@never_cache
@login_required
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/data.html")


@never_cache
@login_required
@require_safe
def export_json(request: HttpRequest) -> HttpResponse:
    """Everything, for a program to read."""
    response = JsonResponse(export.everything(donor(request)), json_dumps_params={"indent": 2, "ensure_ascii": False})
    return _as_file(response, "my-data.json")


@never_cache
@login_required
@require_safe
def export_csv(request: HttpRequest) -> HttpResponse:
    """Every gift, for a spreadsheet."""
    return _gifts(request, csv_safety.INTERNATIONAL, "my-gifts.csv")


@never_cache
@login_required
@require_safe
def export_european_csv(request: HttpRequest) -> HttpResponse:
    """The same with semicolons and decimal commas."""
    return _gifts(request, csv_safety.EUROPEAN, "my-gifts-european.csv")


@sensitive_post_parameters("current")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account, after the password."""
    user = donor(request)
    if user.is_staff:
        return render(request, "accounts/delete.html", status=403 if request.method == "POST" else 200)
    form = DeleteForm(request.POST or None, request=request, user=user)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/delete.html", form)
    try:
        deletion.erase(user)
    except deletion.StillGives:
        form.add_error("current", _("You give monthly. Stop that first: you can do it from your account."))
        return form_page(request, "accounts/delete.html", form)
    return leave(request, "deleted")


@never_cache
@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("account")
    return render(request, "accounts/deleted.html")


def _gifts(request: HttpRequest, style: csv_safety.Style, name: str) -> HttpResponse:
    response = HttpResponse(export.gifts_as_csv(donor(request), style), content_type="text/csv; charset=utf-8")
    return _as_file(response, name)


def _as_file(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
