"""Register, and prove by a mailed link that the address is one's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services, throttle
from accounts.emails import links
from accounts.emails.links import Purpose
from accounts.forms import AddressForm, RegisterForm, VerifyForm
from accounts.views.helpers import form_page
from accounts.views.login import destination, enter
from lib import languages


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Ask for an account. The answer is the same for every address: look into your mail.

    Nobody is signed in by it: that would tell an address without an account from one that has one.
    """
    if request.user.is_authenticated:
        return redirect(destination(request))
    form = RegisterForm(request.POST or None, initial={"email": request.GET.get("email", "")[:254]})
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/register.html", form)
    throttle.letter(request)
    services.register(**form.cleaned_data, language=languages.active()[:10])
    return redirect("register_sent")


@never_cache
@require_safe
def register_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/register_sent.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest) -> HttpResponse:
    """The e-mail did not come, or was too old."""
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/resend.html", form)
    throttle.letter(request)
    services.resend(form.cleaned_data["email"])
    return redirect("register_sent")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The mailed link. Looking at it changes nothing (mail scanners look); the password does.

    Without asking for the password, somebody could register another's address, let that person open the link, and
    then sign in to what is theirs.
    """
    key = request.GET.get("key", "")
    user = links.read(Purpose.VERIFY, key)
    if user is None:
        return render(request, "accounts/stale.html", {"again": "resend"}, status=410)
    form = VerifyForm(request.POST or None, request=request, user=user)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/verify.html", form, {"key": key, "address": user.email})
    if not services.verify(user):
        return render(request, "accounts/stale.html", {"again": "resend"}, status=410)
    user.refresh_from_db()
    return enter(request, user, resolve_url("account"))
