"""The operator's page: what happened at "Stripe", and the buttons that make it behave otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sandbox.console.forms import FORMS, BehaviourForm
from sandbox.console.tables import tables
from sandbox.core import errors, store
from sandbox.core.currencies import parse_amount
from sandbox.core.errors import ApiError
from sandbox.engine import timers
from sandbox.engine.test_cards import CARDS
from sandbox.models import Behaviour
from sandbox.operator import behaviour, money, recurring
from sandbox.webhooks.events import NO_REQUEST, ApiRequest

Action = Callable[[QueryDict], object]


def _control_call(function: Callable[[dict[str, Any], ApiRequest], object], names: str = "", **fixed: str) -> Action:
    """What the control API does, with these fields of the form."""
    return lambda posted: function({**{name: posted.get(name, "") for name in names.split()}, **fixed}, NO_REQUEST)


def _refund(posted: QueryDict) -> None:
    """Refund the amount that was typed, or all that is left."""
    params = {"charge": posted.get("charge", "")}
    if text := posted.get("amount", "").strip():
        charge = store.find("charge", params["charge"])
        amount = parse_amount(text, charge.body["currency"]) if charge else None
        if not amount:
            raise errors.parameter_invalid("The amount to refund must be a number like 5 or 5.50.", "amount")
        params["amount"] = str(amount)
    money.refund(params, NO_REQUEST)


# What a button does, and what is said when it is done.
_ACTIONS: dict[str, tuple[Action, str]] = {
    "resend": (_control_call(behaviour.resend, "event"), "The event is on its way again."),
    "resend_undelivered": (
        _control_call(behaviour.resend, undelivered="true"),
        "Every event that never arrived is on its way again.",
    ),
    "settle": (_control_call(behaviour.settle, "session outcome"), "The bank has answered."),
    "stranger": (
        lambda posted: behaviour.pay_other_merchant(1500),
        "A stranger has paid $15.00 in another shop on the same account.",
    ),
    "refund": (_refund, "The refund is made."),
    "settle_refund": (_control_call(money.settle_refund, "refund outcome"), "The refund has gone on."),
    "fail_payment": (_control_call(money.fail_payment, "charge"), "The bank has sent the payment back."),
    "fraud_warning": (_control_call(money.fraud_warning, "charge"), "The card’s network has warned of fraud."),
    "dispute": (_control_call(money.dispute, "charge kind"), "The cardholder’s bank has disputed the payment."),
    "dispute_move": (_control_call(money.advance_dispute, "dispute to"), "The dispute has gone on."),
    "advance": (_control_call(recurring.advance, "seconds"), "The clock is moved, and what was due has happened."),
    "spoil_card": (
        _control_call(recurring.change_card, "subscription", number="4000000000000341"),
        "The card will be declined from now on.",
    ),
    "end_later": (
        _control_call(recurring.cancel, "subscription", at_period_end="true"),
        "The subscription will end with its period.",
    ),
    "end_now": (_control_call(recurring.cancel, "subscription"), "The subscription is canceled."),
    "end_by_bank": (
        _control_call(recurring.cancel, "subscription", by="bank"),
        "The subscription has ended by the bank’s word.",
    ),
    "payout": (_control_call(money.payout), "What the balance held above zero is paid out."),
    "stripe_fee": (_control_call(money.stripe_fee), "Stripe has billed a fee of $2.00."),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What happened lately; every button posts here and comes back."""
    if settings.SANDBOX_KEY and not admin.site.has_permission(request):
        if request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    timers.expire_due_sessions()
    if request.method != "POST":
        return _show(request)
    action = request.POST.get("action", "")
    if action in FORMS:
        form = FORMS[action][0](request.POST, instance=Behaviour.current())
        if not form.is_valid():
            return _show(request, 422, "The settings are not saved: see below.", {action: form})
        behaviour.save(form.cleaned_data)
    elif action in _ACTIONS:
        try:
            _ACTIONS[action][0](request.POST)
        except ApiError as error:
            return _show(request, error.status, str(error))
    else:
        return _show(request, 400, "There is no such button.")
    response = HttpResponseRedirect(f"{reverse('sandbox:console')}?done={action}")
    response.status_code = 303
    return response


def _show(
    request: HttpRequest, status: int = 200, problem: str = "", invalid_forms: dict[str, BehaviourForm] | None = None
) -> HttpResponse:
    current = Behaviour.current()
    forms = [
        {"action": action, "title": title, "form": (invalid_forms or {}).get(action) or form(instance=current)}
        for action, (form, title, _) in FORMS.items()
    ]
    context = {
        **tables(),
        "cards": CARDS,
        "done": _done(request.GET.get("done", "")),
        "forms": forms,
        "forward_to": settings.SANDBOX_FORWARD_TO,
        "problem": problem,
    }
    return render(request, "sandbox/console.html", context, status=status)


def _done(action: str) -> str:
    if action in FORMS:
        return FORMS[action][2]
    return _ACTIONS[action][1] if action in _ACTIONS else ""
