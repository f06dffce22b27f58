"""Sign in, sign out, here and everywhere."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import LoginForm
from accounts.models import User
from accounts.views.helpers import donor, form_page
from donations.donors import ownership
from lib import languages

BACKEND = "accounts.backends.VerifiedBackend"


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in, and go on to where the visitor was heading (`next`, on this site only)."""
    if request.user.is_authenticated:
        return redirect(destination(request))
    if request.method != "POST":
        return form_page(request, "accounts/login.html", LoginForm(request=request), {"next": _next(request)})
    form = LoginForm(request.POST, request=request)
    form.is_valid()
    if form.user is None:
        return form_page(request, "accounts/login.html", form, {"next": _next(request)})
    return enter(request, form.user, destination(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out by POST: a link, or a picture on another site, must not be able to."""
    if request.method == "POST":
        return leave(request)
    return render(request, "accounts/logout.html")


@never_cache
@login_required
@require_POST
def logout_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of this account, this one too."""
    User.objects.filter(pk=donor(request).pk).update(session_epoch=F("session_epoch") + 1)
    return leave(request)


def enter(request: HttpRequest, user: User, to: str) -> HttpResponse:
    """Sign in. Rotates the session key: one planted before the sign-in is worth nothing after it."""
    auth.login(request, user, backend=BACKEND)
    User.objects.filter(pk=user.pk).update(language=languages.active()[:10])
    return redirect(to)


def leave(request: HttpRequest, to: str = settings.LOGOUT_REDIRECT_URL) -> HttpResponse:
    """End this session; the browser forgets the gifts that were made here."""
    auth.logout(request)
    response = redirect(to)
    ownership.forget(response)
    return response


def destination(request: HttpRequest) -> str:
    """Where a visitor goes who has signed in."""
    return _next(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def _next(request: HttpRequest) -> str:
    """Where the visitor was heading; empty unless it is on this very host."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    # A single word would be taken for the name of a page.
    return url if safe and "/" in url else ""
