"""Stripe's pages for who pays again and again: the billing portal, and an invoice that waits for its payment."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sandbox.checkout.card_form import KeptCardForm
from sandbox.core import store
from sandbox.core.currencies import format_amount
from sandbox.engine.recurring import customers, hosted_invoice, invoices, portal
from sandbox.engine.test_cards import CARDS, lookup
from sandbox.models import Record
from sandbox.objects.recurring.subscription import amount_of, every, item_of

_DONE = {
    "card": "The card is changed. What is due next is taken from the new one.",
    "cancel": "The subscription is canceled.",
    "keep": "The subscription goes on.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def portal_page(request: HttpRequest, secret: str) -> HttpResponse:
    """A customer's visit to the portal: all that its configuration offers, or the one thing that it was opened for."""
    session = portal.find_session(secret)
    if session is None:
        return render(request, "sandbox/gone.html", {"session": None}, status=404)
    if request.method != "POST":
        return _portal(request, session, KeptCardForm())
    action = request.POST.get("action", "")
    if action not in _offered(session):
        return _portal(request, session, KeptCardForm(), problem="That is not offered here.", status=400)
    if action == "card":
        form = KeptCardForm(request.POST)
        if not form.is_valid():
            return _portal(request, session, form, problem="Nothing is changed: look at the marked fields.", status=402)
        clean = form.cleaned_data
        payer = customers.payer_of(store.get(customers.KIND, session.customer))
        if failure := portal.change_card(session.customer, lookup(clean["number"]), clean["exp"], payer):
            return _portal(request, session, form, problem=f"{failure.message} Nothing is changed.", status=402)
        return _leave(request, session, action)
    named = request.POST.get("subscription", "")
    if named not in [each.stripe_id for each in portal.running_of(session.customer)]:
        return _portal(request, session, KeptCardForm(), problem="There is no such subscription any more.", status=409)
    if action == "cancel":
        portal.cancel(session, named, request.POST.get("feedback") or None)
    else:
        portal.keep(named)
    return _leave(request, session, action)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_page(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """What `hosted_invoice_url` of an invoice leads to."""
    invoice = store.find(invoices.KIND, invoice_id)
    if invoice is None or invoice.status == "draft":
        return render(request, "sandbox/gone.html", {"session": None}, status=404)
    if request.method != "POST":
        return _invoice(request, invoice, KeptCardForm())
    if {"approve", "refuse"} & request.POST.keys():
        result = hosted_invoice.answer_challenge(invoice_id, approved="approve" in request.POST)
    else:
        form = KeptCardForm(request.POST)
        if not form.is_valid():
            return _invoice(request, invoice, form, problem="Nothing was taken: look at the marked fields.", status=402)
        result = hosted_invoice.pay(invoice_id, lookup(form.cleaned_data["number"]), form.cleaned_data["exp"])
    if result.failure is not None:
        problem = f"{result.failure.message} Nothing was taken."
        return _invoice(request, store.get(invoices.KIND, invoice_id), KeptCardForm(), problem=problem, status=402)
    return _see_other(reverse("sandbox:invoice", args=[invoice_id]))


def _offered(session: Record) -> set[str]:
    """The actions that the configuration allows."""
    features = portal.features_of(session)
    card, cancel = features["payment_method_update"]["enabled"], features["subscription_cancel"]["enabled"]
    return ({"card"} if card else set()) | ({"cancel", "keep"} if cancel else set())


def _leave(request: HttpRequest, session: Record, action: str) -> HttpResponse:
    """Where the customer comes to when the thing is done."""
    after = (session.body["flow"] or {}).get("after_completion", {})
    if after.get("type") == "redirect":
        return _see_other(after["redirect"]["return_url"])
    return _see_other(f"{request.path}?done={action}")


def _portal(
    request: HttpRequest, session: Record, form: KeptCardForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    flow, features, offered = session.body["flow"], portal.features_of(session), _offered(session)
    done = request.GET.get("done", "") if request.method != "POST" else ""
    why = features["subscription_cancel"]["cancellation_reason"]
    # The one thing that it was opened for, until that is done.
    only = {"payment_method_update": "card", "subscription_cancel": "cancel"}.get((flow or {}).get("type", ""), "")
    named = flow["subscription_cancel"]["subscription"] if only == "cancel" else ""
    shown = portal.running_of(session.customer)
    customer = store.get(customers.KIND, session.customer)
    after = (flow or {}).get("after_completion", {})
    context = {
        "visit": session.body,
        "merchant": urlsplit(session.body["return_url"] or "").netloc,
        "customer": customer.body,
        "card": _card(customer),
        "form": form,
        "cards": CARDS,
        "can_change_card": "card" in offered and (not only or only == "card" or bool(done)),
        "can_cancel": "cancel" in offered and (not only or only == "cancel" or bool(done)),
        "reasons": [(name, name.replace("_", " ")) for name in why["options"]] if why["enabled"] else [],
        "subscriptions": [_subscription(each) for each in shown if not named or done or each.stripe_id == named],
        "invoices": [_owed(each) for each in _open_invoices(session.customer)] if not only or done else [],
        "done": _DONE.get(done, ""),
        "message": (after.get("hosted_confirmation") or {}).get("custom_message"),
        "problem": problem,
    }
    return _answer(render(request, "sandbox/portal.html", context, status=status), session.body["return_url"])


def _invoice(
    request: HttpRequest, invoice: Record, form: KeptCardForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "invoice": invoice.body,
        "amount": format_amount(invoice.body["amount_due"], invoice.body["currency"]),
        "line": invoice.body["lines"]["data"][0]["description"],
        "waits": hosted_invoice.waits_for_approval(invoice),
        "form": form,
        "cards": CARDS,
        "problem": problem,
    }
    return _answer(render(request, "sandbox/invoice.html", context, status=status), None)


def _card(customer: Record) -> str:
    """The card that is charged next, in words."""
    running = portal.running_of(customer.stripe_id)
    method = next((each.body["default_payment_method"] for each in running), None)
    method = method or customer.body["invoice_settings"]["default_payment_method"]
    found = store.find(customers.METHOD, method) if method else None
    return f"{found.body['card']['brand']} that ends in {found.body['card']['last4']}" if found else ""


def _subscription(record: Record) -> dict[str, Any]:
    body = record.body
    return {
        "id": record.stripe_id,
        "amount": format_amount(amount_of(body), body["currency"]),
        "every": every(body),
        "status": body["status"].replace("_", " "),
        "next": _date(item_of(body)["current_period_end"]),
        "ends": _date(body["cancel_at"]) if body["cancel_at"] else None,
    }


def _open_invoices(customer: str) -> list[Record]:
    return list(Record.objects.filter(kind=invoices.KIND, customer=customer, status="open").order_by("-number"))


def _owed(invoice: Record) -> dict[str, Any]:
    return {
        "id": invoice.stripe_id,
        "amount": format_amount(invoice.body["amount_due"], invoice.body["currency"]),
        "created": _date(invoice.created),
    }


def _date(seconds: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date()


def _answer(response: HttpResponse, return_url: str | None) -> HttpResponse:
    """A form whose answer redirects to the site is a form that acts on the site: the browser must be told."""
    target = urlsplit(return_url or "")
    beside = f" {target.scheme}://{target.netloc}" if target.netloc else ""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{beside}"
    )
    return response


def _see_other(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
