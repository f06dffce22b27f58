"""The operator's page: what happened at "Stripe", and the buttons that make it behave otherwise."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sandbox import control, timers
from sandbox.cards import CARDS
from sandbox.currencies import shown
from sandbox.errors import ApiError
from sandbox.events import NOBODY
from sandbox.models import Behaviour, Delivery, Event, Record

if TYPE_CHECKING:
    _BehaviourForm = forms.ModelForm[Behaviour]
else:
    _BehaviourForm = forms.ModelForm

_SHOWN = 20


class MoodForm(_BehaviourForm):
    """How the stand-in delivers."""

    class Meta:
        model = Behaviour
        fields = ("delivery", "delay", "doubled", "shuffled", "two_ids", "release", "bank_delay")


# What a button does, and what is said when it is done.
_ACTIONS: dict[str, tuple[Callable[[QueryDict], object], str]] = {
    "resend": (
        lambda posted: control.resend({"event": posted.get("event", "")}, NOBODY),
        "The event is on its way again.",
    ),
    "resend_undelivered": (
        lambda posted: control.resend({"undelivered": "true"}, NOBODY),
        "Every event that never arrived is on its way again.",
    ),
    "settle": (
        lambda posted: control.settle({key: posted.get(key, "") for key in ("session", "outcome")}, NOBODY),
        "The bank has answered.",
    ),
    "stranger": (
        lambda posted: control.stranger_pays(1500),
        "A stranger has paid $15.00 in another shop on the same account.",
    ),
    "mood": (lambda posted: None, "The delivery settings are saved."),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What happened lately; every button posts here and comes back."""
    timers.expire_due()
    if request.method != "POST":
        return _show(request, MoodForm(instance=Behaviour.current()))
    action = request.POST.get("action", "")
    if action not in _ACTIONS:
        return _show(request, MoodForm(instance=Behaviour.current()), 400, "There is no such button.")
    if action == "mood":
        form = MoodForm(request.POST, instance=Behaviour.current())
        if not form.is_valid():
            return _show(request, form, 422, "The delivery settings are not saved: see below.")
        control.set_mood(form.cleaned_data)
    try:
        _ACTIONS[action][0](request.POST)
    except ApiError as error:
        return _show(request, MoodForm(instance=Behaviour.current()), error.status, str(error))
    response = HttpResponseRedirect(f"{reverse('sandbox:console')}?done={action}")
    response.status_code = 303
    return response


def _show(request: HttpRequest, form: MoodForm, status: int = 200, problem: str = "") -> HttpResponse:
    _, done = _ACTIONS.get(request.GET.get("done", ""), (None, ""))
    context = {
        "cards": CARDS,
        "done": done,
        "events": [_event_line(event) for event in _recent_events()],
        "form": form,
        "forward_to": settings.SANDBOX_FORWARD_TO,
        "problem": problem,
        "sessions": [_session_line(record) for record in _recent_sessions()],
        "undelivered": Event.objects.filter(delivered=False).count(),
    }
    return render(request, "sandbox/console.html", context, status=status)


def _recent_sessions() -> QuerySet[Record]:
    return Record.objects.filter(kind="checkout.session").order_by("-number")[:_SHOWN]


def _recent_events() -> QuerySet[Event]:
    last = Delivery.objects.filter(event=OuterRef("pk")).order_by("-pk")
    return Event.objects.annotate(
        last_status=Subquery(last.values("last_status")[:1]),
        last_error=Subquery(last.values("last_error")[:1]),
        next_try=Subquery(last.values("due_at")[:1]),
    ).order_by("-number")[:_SHOWN]


def _session_line(record: Record) -> dict[str, Any]:
    body = record.body
    intent = Record.objects.filter(stripe_id=record.payment_intent).first()
    return {
        "id": record.stripe_id,
        "amount": shown(body["amount_total"], body["currency"]),
        "made": _moment(record.created),
        "status": body["status"],
        "payment_status": body["payment_status"],
        "pending": intent is not None and intent.status == "processing",
        "failed": body["status"] == "complete" and intent is not None and intent.status == "requires_payment_method",
    }


def _event_line(event: Any) -> dict[str, Any]:
    if event.delivered:
        state, tone = "delivered", "good"
    elif event.next_try is None:
        state, tone = "lost", "bad"
    elif event.last_status or event.last_error:
        state, tone = f"refused ({event.last_status or event.last_error}), will try again", "bad"
    else:
        state, tone = "on its way", "wait"
    return {
        "id": event.stripe_id,
        "type": event.type,
        "about": event.about,
        "made": _moment(event.created),
        "state": state,
        "tone": tone,
    }


def _moment(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
