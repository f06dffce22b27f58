"""A forgotten password: ask for a link, and set a new one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services, throttle
from accounts.emails import links
from accounts.emails.links import Purpose
from accounts.forms import AddressForm, NewPasswordForm
from accounts.views.helpers import form_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    """The same answer for every address."""
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/ask_reset.html", form)
    throttle.letter(request)
    services.ask_reset(form.cleaned_data["email"])
    return redirect("reset_sent")


@never_cache
@require_safe
def reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_sent.html")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset_password(request: HttpRequest) -> HttpResponse:
    """The mailed link. It does not sign in: what else a sign-in asks for (a second factor) is asked there."""
    key = request.GET.get("key", "")
    user = links.read(Purpose.RESET, key)
    if user is None:
        return render(request, "accounts/stale.html", {"again": "ask_reset"}, status=410)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/reset_password.html", form, {"key": key, "address": user.email})
    services.reset(user, form.cleaned_data["password"])
    return redirect("reset_done")


@never_cache
@require_safe
def reset_done(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_done.html")
