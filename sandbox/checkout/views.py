"""Stripe's hosted payment page: by card, by bank debit, and the issuer's 3-D Secure challenge. No script on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from sandbox import worker
from sandbox.checkout.card_form import CardForm, PayerForm
from sandbox.core import store
from sandbox.core.currencies import format_amount
from sandbox.engine import bank_payments, presentment, sessions, timers
from sandbox.engine.card_payments import AttemptResult
from sandbox.engine.recurring import checkout as recurring
from sandbox.engine.test_cards import CARDS, lookup
from sandbox.models import Behaviour, Record
from sandbox.objects.charge import Payer
from sandbox.objects.recurring.subscription import in_words

View = Callable[..., HttpResponse]


def _open_session(view: View) -> View:
    """Hand the view an open session; a complete one redirects to the success page, an expired one says so."""

    @wraps(view)
    def wrapped(request: HttpRequest, session_id: str) -> HttpResponse:
        timers.expire_due_sessions()
        session = store.find(sessions.KIND, session_id)
        if session is None:
            return render(request, "sandbox/gone.html", {"session": None}, status=404)
        if session.status == "complete":
            return _redirect_to_success(session)
        if session.status == "expired":
            return render(request, "sandbox/gone.html", {"session": session.body}, status=410)
        response = view(request, session)
        # A form whose answer redirects to the site is a form that acts on the site: the browser must be told.
        merchant_url = urlsplit(session.body["success_url"])
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {merchant_url.scheme}://{merchant_url.netloc}"
        )
        return response

    return wrapped


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_open_session
def page(request: HttpRequest, session: Record) -> HttpResponse:
    """The pay page and its two ways to pay."""
    if request.method != "POST":
        return _form_page(request, session, CardForm(initial=_prefilled(request, session)))
    if request.POST.get("bank") in {"settles", "fails"} and session.body["mode"] == "payment":
        return _pay_by_bank(request, session)
    form = CardForm(_posted(request, session))
    if not form.is_valid():
        return _form_page(request, session, form, status=402)
    clean = form.cleaned_data
    payer = Payer(clean["email"], clean["name"] or None)
    attempt = recurring.pay(session.stripe_id, lookup(clean["number"]), clean["exp"], payer)
    if attempt.status == "challenged":
        return redirect("sandbox:approval", session.stripe_id)
    return _respond(request, session, attempt, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_open_session
def approval(request: HttpRequest, session: Record) -> HttpResponse:
    """3-D Secure: the issuer asks the cardholder to approve the payment."""
    if "challenge" not in session.hidden:
        return redirect("sandbox:pay", session.stripe_id)
    if request.method != "POST" or not {"approve", "refuse"} & request.POST.keys():
        return render(request, "sandbox/approval.html", _context(session))
    challenge = session.hidden["challenge"]
    attempt = recurring.answer_challenge(session.stripe_id, approved="approve" in request.POST)
    return _respond(request, session, attempt, CardForm(initial=challenge))


@never_cache
@require_safe
def receipt(request: HttpRequest, charge_id: str) -> HttpResponse:
    """What `receipt_url` of a charge leads to."""
    charge = store.find("charge", charge_id)
    if charge is None or charge.status != "succeeded":
        return render(request, "sandbox/gone.html", {"session": None}, status=404)
    body = charge.body
    context = {"charge": body, "amount": format_amount(body["amount"], body["currency"])}
    return render(request, "sandbox/receipt.html", context)


def _pay_by_bank(request: HttpRequest, session: Record) -> HttpResponse:
    form = PayerForm(_posted(request, session))
    if not form.is_valid():
        filled = CardForm(initial=request.POST.dict())
        return _form_page(request, session, filled, status=402, problem="Type your e-mail address first.")
    payer = Payer(form.cleaned_data["email"], form.cleaned_data["name"] or None)
    attempt = bank_payments.pay(session.stripe_id, request.POST["bank"], payer)
    return _respond(request, session, attempt, CardForm())


def _respond(request: HttpRequest, session: Record, attempt: AttemptResult, form: CardForm) -> HttpResponse:
    if attempt.failure is not None:
        return _form_page(request, session, form, status=402, problem=attempt.failure.message, declined=True)
    if attempt.status in {"paid", "processing"}:
        if Behaviour.current().delivers_at_once:
            worker.wait_for_delivery("checkout.session.completed", session.stripe_id)
        return _redirect_to_success(session)
    # Somebody was quicker (a second click, the clock): the page itself knows what to say.
    return redirect("sandbox:pay", session.stripe_id)


def _form_page(
    request: HttpRequest,
    session: Record,
    form: CardForm,
    *,
    status: int = 200,
    problem: str = "",
    declined: bool = False,
) -> HttpResponse:
    context = {
        **_context(session),
        "form": form,
        "cards": CARDS,
        "problem": problem,
        "declined": declined,
        "failed": status != 200,
    }
    return render(request, "sandbox/pay.html", context, status=status)


def _context(session: Record) -> dict[str, Any]:
    body, line = session.body, session.hidden["line_items"][0]
    return {
        "session": body,
        "amount": _amount(body),
        "every": in_words(line["price"]["recurring"]) if body["mode"] == "subscription" else "",
        "items": session.hidden["line_items"],
        "merchant": _merchant(line["description"], body["success_url"]),
    }


def _merchant(line: str, success_url: str) -> str:
    """Who is paid. Stripe shows the account's business name; the stand-in has one account for all sites, so it reads
    the name from the line, or else from the site's address."""
    return line.partition("Donation to ")[2].strip() or urlsplit(success_url).netloc


def _amount(session: dict[str, Any]) -> str:
    """What the payer sees: with Adaptive Pricing, their own currency first."""
    own = format_amount(session["amount_total"], session["currency"])
    shown = presentment.of_session(session).get(presentment.KEY)
    if not shown:
        return own
    return f"{format_amount(shown['presentment_amount'], shown['presentment_currency'])} ({own})"


def _prefilled(request: HttpRequest, session: Record) -> dict[str, str]:
    """A test card's link fills the form, which saves the newcomer sixteen digits."""
    initial = {"email": _email_of(session)}
    number = request.GET.get("card", "")
    for card in CARDS:
        if card.number == number:
            cvc = "1234" if card.brand == "amex" else "123"
            initial |= {"number": card.formatted_number, "exp": "12/34", "cvc": cvc}
    return initial


def _posted(request: HttpRequest, session: Record) -> dict[str, str]:
    return {"email": _email_of(session), **request.POST.dict()}


def _email_of(session: Record) -> str:
    """Who is known to pay: the customer that the session names, or the address that it was given."""
    customer = store.find("customer", session.body["customer"]) if session.body["customer"] else None
    return (customer.body["email"] if customer else session.body["customer_email"]) or ""


def _redirect_to_success(session: Record) -> HttpResponse:
    target = re.sub(
        r"\{CHECKOUT_SESSION_ID\}|%7BCHECKOUT_SESSION_ID%7D",
        session.stripe_id,
        session.body["success_url"],
        flags=re.IGNORECASE,
    )
    response = HttpResponseRedirect(target)
    response.status_code = 303
    return response
