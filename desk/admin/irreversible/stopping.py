"""Stopping a gift that comes again for a donor who asks for it: what it means is said first, and it is done once."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.admin.irreversible.reauthentication import is_fresh, require
from desk.pages import formatting, recurring
from donations.domain.subscription import OVER, SubscriptionStatus
from donations.models import StopRequest, Subscription
from donations.reporting import subscriptions
from donations.stripe.errors import Refused, StripeUnavailable
from donations.stripe.recurring import stopping
from lib.people.typed_text import TidyField

PERMISSION = "donations.stop_subscription"
NOW, AT_END = "now", "end"
# Only of these is a period paid for, with which they could end.
_PAID_FOR = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED})


class StopForm(forms.Form):
    """When it stops, and why. `form` is the name of this page, so that two clicks are one."""

    when = forms.ChoiceField(label=gettext_lazy("When"), widget=forms.RadioSelect, initial=NOW)
    reason = TidyField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("For your own records, such as “asked by telephone”. The donor does not see it."),
        error_messages={"required": gettext_lazy("Write why, for whoever asks later.")},
    )
    form = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, subscription: Subscription, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(NOW, _("At once"))]
        if subscription.status in _PAID_FOR and subscription.period_end:
            day = formatting.day(subscription.period_end)
            choices.append((AT_END, _("On %(day)s, with what was paid for") % {"day": day}))
        self.fields["when"] = forms.ChoiceField(label=_("When"), choices=choices, widget=forms.RadioSelect, initial=NOW)
        self.order_fields(["when", "reason", "form"])

    @property
    def at_period_end(self) -> bool:
        return bool(self.cleaned_data["when"] == AT_END)


def may_stop(request: HttpRequest, subscription: Subscription) -> bool:
    """Whether there is something to stop, and this person may."""
    return request.user.has_perm(PERMISSION) and subscription.status not in OVER


class Stopping(admin.ModelAdmin):
    """The part of the subscriptions' admin that stops one."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.stop)
        return [path("<int:pk>/stop/", view, name="donations_subscription_stop"), *super().get_urls()]

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask when and why, then say what it means, then do it."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        subscription = get_object_or_404(Subscription, pk=pk)
        if done := _done_before(subscription, request):
            return self._stopped(request, subscription, done)
        if subscription.status in OVER:
            return self._stop_page(request, subscription, problem=_("It has ended. Nothing more will be charged."))
        if request.method != "POST":
            return self._stop_page(request, subscription, form=_blank(subscription))
        form = StopForm(subscription, request.POST)
        if not form.is_valid():
            return self._stop_page(request, subscription, form=form)
        if "confirmed" not in request.POST:
            return self._stop_page(request, subscription, form=form, sure=True)
        if not is_fresh(request) and not require(request, request.POST.get("password", "")):
            return self._stop_page(request, subscription, form=form, sure=True, wrong="password" in request.POST)
        wanted = stopping.Wanted(
            form=form.cleaned_data["form"], at_period_end=form.at_period_end, reason=form.cleaned_data["reason"],
            by=request.user.get_username(),
        )  # fmt: skip
        try:
            made = stopping.stop(subscription, wanted)
        except StripeUnavailable:
            # The same form again is the same request.
            unanswered = _("Stripe does not answer: it may or may not have stopped it. Asking again does it once.")
            return self._stop_page(request, subscription, form=form, sure=True, unanswered=unanswered)
        except Refused as error:
            told = _("Stripe did not stop it: %(error)s. Look at it in Stripe’s dashboard.") % {"error": error}
            return self._stop_page(request, subscription, problem=told)
        # The reason stands with the request alone, from where it is erased with the donor.
        words = _("Stopped it with what was paid for.") if made.at_period_end else _("Stopped it at once.")
        LogEntry.objects.log_actions(request.user.pk or 0, [subscription], CHANGE, words, single_object=True)
        return self._stopped(request, subscription, made)

    def _stopped(self, request: HttpRequest, subscription: Subscription, made: StopRequest) -> HttpResponse:
        if made.at_period_end:
            told = _("Nothing is charged any more; it ends with what was paid for. An e-mail tells the donor.")
        else:
            told = _("Stopped: nothing is charged any more. An e-mail tells the donor.")
        messages.success(request, told)
        return redirect(reverse("admin:donations_subscription_change", args=[subscription.pk]))

    def _stop_page(
        self, request: HttpRequest, subscription: Subscription, *, form: StopForm | None = None, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Stop it for the donor"),
            "opts": Subscription._meta,
            "subscription": subscription,
            "gift": f"{formatting.amount(subscription.amount, subscription.currency)}, {recurring.every(subscription)}",
            "form": form,
            "ask_password": not is_fresh(request),
            **more,
        }
        if form is not None and more.get("sure"):
            context["consequences"] = _consequences(subscription, form)
        return TemplateResponse(request, "admin/donations/subscription/stop.html", context)


def _blank(subscription: Subscription) -> StopForm:
    return StopForm(subscription, initial={"form": uuid.uuid4(), "when": NOW})


def _done_before(subscription: Subscription, request: HttpRequest) -> StopRequest | None:
    """The second click: what the first one did."""
    if "confirmed" not in request.POST:
        return None
    try:
        form = uuid.UUID(request.POST.get("form", ""))
    except ValueError:
        return None
    return subscription.stop_requests.filter(uuid=form, done_at__isnull=False).first()


def _consequences(subscription: Subscription, form: StopForm) -> dict[str, Any]:
    """What the page says before the last button."""
    first = subscription.first
    next_at = subscription.period_end if form.at_period_end else subscriptions.next_charge(subscription)
    return {
        "at_end": form.at_period_end,
        "next": formatting.day(next_at) if next_at else "",
        "owed": subscription.status in recurring.PAST_DUE,
        "email": (first.user.email if first.user else first.email) if first else "",
        "fields": {name: form.cleaned_data[name] for name in ("when", "reason", "form")},
    }
