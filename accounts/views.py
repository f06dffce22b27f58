"""Register, sign in, sign out, and the donor's own page."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import LoginForm, RegisterForm
from accounts.models import User


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Make an account and sign its owner in at once."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    if request.method != "POST":
        return _form_page(request, "accounts/register.html", RegisterForm())
    form = RegisterForm(request.POST)
    user = form.save() if form.is_valid() else None
    return _enter(request, user) if user else _form_page(request, "accounts/register.html", form)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in, and go on to where the visitor was heading (`next`, on this site only)."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    if request.method != "POST":
        return _form_page(request, "accounts/login.html", LoginForm(request=request))
    form = LoginForm(request.POST, request=request)
    form.is_valid()
    return _enter(request, form.user) if form.user else _form_page(request, "accounts/login.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out by POST: a link, or a picture on another site, must not be able to."""
    if request.method == "POST":
        auth.logout(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)
    return render(request, "accounts/logout.html")


@never_cache
@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in."""
    return render(request, "accounts/account.html")


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    # Rotates the session key: one planted before the sign-in is worth nothing after it.
    auth.login(request, user)
    return redirect(_destination(request))


def _form_page(request: HttpRequest, template: str, form: LoginForm | RegisterForm) -> HttpResponse:
    """The page with its form; one that was sent and refused answers 422, the cursor in the first field to mend."""
    refused = next((name for name in form.fields if name in form.errors), None)
    if refused:
        form.fields[refused].widget.attrs["autofocus"] = True
    return render(request, template, {"form": form, "next": _next(request)}, status=422 if form.errors else 200)


def _destination(request: HttpRequest) -> str:
    return _next(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def _next(request: HttpRequest) -> str:
    """Where the visitor was heading; empty unless it is on this very host."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if safe else ""
