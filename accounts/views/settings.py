"""What an account is: name, address, password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import services, throttle
from accounts.emails import links
from accounts.emails.links import Purpose
from accounts.forms import ChangeAddressForm, ChangeNameForm, ChangePasswordForm
from accounts.views.helpers import donor, form_page


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    """The name, and the ways to change the rest."""
    user = donor(request)
    form = ChangeNameForm(request.POST) if request.method == "POST" else ChangeNameForm(initial={"name": user.name})
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/settings.html", form)
    user.name = form.cleaned_data["name"]
    user.save(update_fields=["name"])
    messages.success(request, _("Your name is saved."))
    return redirect("account_settings")


@sensitive_post_parameters("current", "password")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """This session goes on under a new key; all others end."""
    user = donor(request)
    form = ChangePasswordForm(request.POST or None, request=request, user=user)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/change_password.html", form)
    services.change_password(user, form.cleaned_data["password"])
    update_session_auth_hash(request, user)
    messages.success(request, _("Your new password is set, and you are logged out everywhere else."))
    return redirect("account_settings")


@sensitive_post_parameters("current")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    """The new address gets an e-mail; until its link is used the old one stays."""
    user = donor(request)
    form = ChangeAddressForm(request.POST or None, request=request, user=user)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/change_email.html", form)
    throttle.letter(request)
    services.ask_move(user, form.cleaned_data["email"])
    messages.success(request, _("Check the e-mail of your new address: the link we sent makes the change."))
    return redirect("account_settings")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest) -> HttpResponse:
    """The mailed link. The page asks for one click more: mail scanners open links, too."""
    key = request.GET.get("key", "")
    user = links.read(Purpose.NEW_ADDRESS, key)
    if user is None or not user.new_email:
        return render(request, "accounts/stale.html", {"again": "change_email"}, status=410)
    if request.method != "POST":
        return render(request, "accounts/confirm_email.html", {"key": key, "address": user.new_email})
    if not services.move(user):
        return render(request, "accounts/stale.html", {"again": "change_email"}, status=410)
    return render(request, "accounts/moved.html")
