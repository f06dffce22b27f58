"""The second step of signing in to the admin: a code from a phone, or one of the recovery codes.

The first step is the password, on Django's own page. Who has no phone set up yet is led through it. A secret that was
shown is bound to the session it was shown in: nobody who knows the password can have read it before.
"""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import django_otp
from django import forms
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.sites import AdminSite
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

PENDING = "second_step.pending"
CODES = 10
DIGITS = 6


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "size": 16}),
    )

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split()).lower()


def is_set_up(user: Any) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def step(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Ask for a code, and go where somebody wanted to go."""
    if refused := _refused(request):
        return refused
    if not is_set_up(request.user):
        return HttpResponseRedirect(reverse("admin:second_step_set_up"))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        device = _device_of(request.user, form.cleaned_data["code"])
        if device:
            django_otp.login(request, device)
            return HttpResponseRedirect(_next(request))
        form.add_error("code", _("This code does not fit. Wait a moment, and type the newest one."))
    return _page(site, request, "step", title=_("Second step"), form=form, next=_next(request))


def set_up(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Bind a phone: the first one, or a new one in the old one's place. Then show new recovery codes, once."""
    if refused := _refused(request):
        return refused
    if is_set_up(request.user) and not _verified(request):
        return HttpResponseRedirect(reverse("admin:second_step"))
    form = CodeForm(request.POST or None)
    device = _pending(request, anew=request.method != "POST")
    if form.is_valid():
        if device.verify_token(form.cleaned_data["code"]):
            codes = _confirm(device)
            del request.session[PENDING]
            django_otp.login(request, device)
            return _page(site, request, "codes", title=_("Recovery codes"), codes=codes)
        form.add_error("code", _("This code does not fit. Wait a moment, and type the newest one."))
    qr, size = _qr(device.config_url)
    secret = b32encode(device.bin_key).decode()
    title = _("Set up the second step")
    return _page(site, request, "set_up", title=title, form=form, qr=qr, size=size, secret=secret)


def _refused(request: HttpRequest) -> HttpResponse | None:
    if not settings.STAFF_TWO_FACTOR:
        raise Http404
    if not (request.user.is_active and getattr(request.user, "is_staff", False)):
        return HttpResponseRedirect(reverse("admin:login"))
    return None


def _verified(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_verified())


def _device_of(user: Any, code: str) -> Any:
    """The device that takes this code. Codes of a phone have six digits, recovery codes are longer."""
    kind = TOTPDevice if len(code) == DIGITS else StaticDevice
    for device in kind.objects.filter(user=user, confirmed=True):
        if django_otp.verify_token(user, device.persistent_id, code):
            return device
    return None


def _pending(request: HttpRequest, *, anew: bool) -> TOTPDevice:
    """The phone that is being set up in this session. Each time the page is opened the secret is another one."""
    mine = TOTPDevice.objects.filter(user=request.user, confirmed=False, pk=request.session.get(PENDING))
    device = mine.first()
    if device is None or anew:
        mine.delete()
        device = TOTPDevice.objects.create(user=request.user, confirmed=False, name="phone")
        request.session[PENDING] = device.pk
    return device


@transaction.atomic
def _confirm(device: TOTPDevice) -> list[str]:
    """This phone counts from now on, and no other; so do these recovery codes."""
    device.confirmed = True
    device.save()
    TOTPDevice.objects.filter(user=device.user).exclude(pk=device.pk).delete()
    StaticDevice.objects.filter(user=device.user).delete()
    box = StaticDevice.objects.create(user=device.user, name="recovery codes")
    codes = [StaticToken.random_token() for _number in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=box, token=code) for code in codes)
    LogEntry.objects.log_actions(
        device.user_id, [device.user], CHANGE, _("Set up the second step of signing in."), single_object=True
    )
    return codes


def _qr(text: str) -> tuple[str, int]:
    """A QR code as an SVG path of its dark runs, and its size in modules, the quiet edge included."""
    import segno  # for a few people, once

    edge = 4
    rows = segno.make(text, error="m", micro=False).matrix
    runs = []
    for y, row in enumerate(rows, edge):
        x = 0
        while x < len(row):
            length = next((n for n, dark in enumerate(row[x:]) if dark != row[x]), len(row) - x)
            if row[x]:
                runs.append(f"M{x + edge} {y}h{length}v1h-{length}z")
            x += length
    return "".join(runs), len(rows) + 2 * edge


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")


def _page(site: AdminSite, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, f"admin/two_factor/{name}.html", site.each_context(request) | context)
