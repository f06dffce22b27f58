"""The donor's way: choose an amount, leave for Stripe, come back and be told the truth."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from donations.domain import status
from donations.domain.status import Status
from donations.domain.updates import Checkout
from donations.donors import ownership
from donations.giving import checkout, fee_preview, form_token, goal
from donations.giving.forms import GiftForm, amount_of
from donations.ledger import receipt_numbers
from donations.models import Donation, Words
from donations.reporting import public_totals
from donations.stripe import polling
from donations.wall import messages
from donations.wall.message_form import WordsForm
from lib import languages, money
from lib.htmx import is_swap, page_or_fragment
from organisation import structured_data
from organisation.models import current

# How often the success page looks again: three seconds apart, or five by reloading without JavaScript. Once more when
# the page is still open: Stripe's word on that may be three seconds old.
LOOKS = {"confirming": 40, "open": 1}


# Not "no-store": the browser may keep the page in memory for its Back button; the middleware says the rest.
@require_http_methods(["GET", "HEAD", "POST"])
def donate(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _donate_page(request, GiftForm(initial={"other_amount": _prefill(request.GET.get("amount", ""))}))
    form = GiftForm(request.POST)
    if not form.is_valid():
        return _donate_page(request, form, status=422)
    user = request.user
    who: dict[str, Any] = {"user_id": user.pk, "name": user.name, "email": user.email} if user.is_authenticated else {}
    order = form.order(language=languages.wished(request), **who)
    try:
        donation = checkout.begin(order, _kept_apart(form.cleaned_data["token"], user.pk))
    except checkout.TryAgain as error:
        response = _donate_page(request, form, status=503, problem=_problem(error))
        response["Retry-After"] = "30"
        return response
    given = donation.status in status.GIVEN
    response = _leave(request, _success_url(donation) if given else donation.session_url)
    ownership.remember(request, response, donation)
    return response


def _kept_apart(token: str, user_id: int | None) -> str:
    """A page's token must never meet an API caller's key: whoever guessed the key would get the gift's cookie.

    Nor may the next person at this browser be led to the gift that the last one began.
    """
    return f"page:{user_id or ''}:{token}" if token else ""


def _donate_page(request: HttpRequest, form: GiftForm, *, status: int = 200, problem: str = "") -> HttpResponse:
    currency, language = settings.DONATION_CURRENCY, get_language() or "en"
    # Fields that the page does not show can only be wrong in a hand-made request; say so all the same.
    hidden = (error for field in ("name", "email", "message", "token") for error in form.errors.get(field, []))
    # The form that is sent again keeps its token: a retry must meet the same donation.
    token = (form["token"].value() if "token" not in form.errors else "") or form_token.of(request)
    organisation = current()
    context = {
        "form": form,
        "problem": problem or next(hidden, ""),
        "token": token,
        "coins": money.coins(settings.DONATION_AMOUNTS, currency, language),
        "symbol": money.symbol(currency, language),
        "minimum": money.display_short(settings.DONATION_MIN, currency, language),
        "currency_name": money.name(currency, language),
    }
    if not is_swap(request):
        context |= {
            "goal": goal.shown(organisation, language),
            "reaches": fee_preview.table(organisation, language),
            "donate_action": structured_data.donate_action(organisation),
        }
    response = page_or_fragment(request, "donations/donate.html", "donations/_donate.html", context, status=status)
    form_token.keep(response, token)
    return response


@require_safe
def donate_amount(request: HttpRequest) -> HttpResponse:
    """A word on an amount while it is typed: what is wrong with it, or about how much of it reaches us."""
    typed = request.GET.get("other_amount", "").strip()
    context: dict[str, str] = {}
    if typed:
        try:
            context = fee_preview.of(amount_of(typed), current(), get_language() or "en")
        except ValidationError as error:
            context = {"wrong": error.messages[0]}
    return render(request, "donations/_amount.html", context)


def _prefill(text: str) -> str:
    """`?amount=20` fills the field, if it is an amount at all."""
    try:
        return money.short(amount_of(text), settings.DONATION_CURRENCY)
    except ValidationError:
        return ""


def _problem(error: checkout.TryAgain) -> str:
    match error:
        case checkout.Crowded():
            return _("Many people are giving at this moment. Nothing was taken. Try again in a minute.")
        case checkout.Declined():
            return _("Stripe did not accept this request. Nothing was taken. Try again, or choose another amount.")
    return _("We couldn't reach Stripe. Nothing was taken. Try again in a minute.")


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    if is_swap(request):
        return HttpResponseClientRedirect(url)
    response = HttpResponse(status=303)
    response["Location"] = url
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def success(request: HttpRequest) -> HttpResponse:
    """The truth about a gift; and, in the browser that made it, the form for the donor's words."""
    donation = _gift_or_404(request)
    mine = ownership.holds(request, donation)
    if request.method == "POST":
        if not mine:
            raise Http404
        form = WordsForm(request.POST)
        if form.is_valid():
            messages.say(donation, **form.cleaned_data)
            return redirect(f"{_success_url(donation)}&saved=1")
        return _gift_page(request, donation, form, status=422)
    sure = polling.ask(donation)
    return _gift_page(request, donation, _words_form(donation), sure=sure)


@never_cache
@require_safe
def success_status(request: HttpRequest) -> HttpResponse:
    """What the success page polls: the same truth, as a fragment."""
    donation = _gift_or_404(request)
    sure = polling.ask(donation)
    return _gift_page(request, donation, _words_form(donation), sure=sure)


def _gift_or_404(request: HttpRequest) -> Donation:
    donation = public_totals.by_session(request.GET.get("session_id", ""))
    if donation is None:
        raise Http404
    return donation


def _words_form(donation: Donation) -> WordsForm:
    fields = WordsForm.base_fields
    return WordsForm(initial={field: getattr(donation, field) for field in fields})


def _gift_page(
    request: HttpRequest, donation: Donation, form: WordsForm, *, sure: bool = True, status: int = 200
) -> HttpResponse:
    state = _state(donation, sure)
    mine = ownership.holds(request, donation)
    looks = _number(request.GET.get("n", ""))
    waiting = looks < LOOKS.get(state, 0)
    url = _success_url(donation)
    context = {
        "gift": _shown(donation, state, mine),
        "words_form": form if mine and state in {"paid", "delayed"} else None,
        "words_url": url,
        "saved": "saved" in request.GET,
        "look_url": url,
        "poll_url": _poll_url(donation, looks + 1) if waiting else "",
        "refresh_url": f"{url}&n={looks + 1}" if waiting else "",
    }
    return page_or_fragment(request, "donations/success.html", "donations/_success.html", context, status=status)


def _state(donation: Donation, sure: bool) -> str:
    """The page's word for a status. "Open" only when Stripe itself has just said so."""
    match Status(donation.status):
        case Status.PAID | Status.PARTLY_REFUNDED:
            return "paid"
        case Status.REFUNDED:
            return "refunded"
        case Status.DISPUTED | Status.LOST:
            return "disputed"
        case Status.PROCESSING:
            return "delayed"
        case Status.EXPIRED:
            return "expired"
        case Status.FAILED:
            return "failed"
        case Status.VOID:
            return "void"
    return "open" if sure else "confirming"


def _shown(donation: Donation, state: str, mine: bool) -> dict[str, Any]:
    language = get_language() or "en"
    payment = public_totals.payment(donation) if donation.status in status.ARRIVED else None
    # What arrived, which may differ from what was asked.
    amount, currency = (payment.amount, payment.currency) if payment else (donation.amount, donation.currency)
    return {
        "state": state,
        "amount": money.display(amount, currency, language),
        "amount_short": money.display_short(amount, currency, language),
        "amount_value": money.short(donation.amount, donation.currency),
        "returned": money.display(public_totals.returned(donation), currency, language)
        if donation.status == Status.PARTLY_REFUNDED
        else "",
        **fee_preview.booked(payment, language),
        "number": donation.pk,
        "receipt": receipt_numbers.find(payment) if payment else None,
        "mine": mine,
        "mail": donation.email if mine else "",
        "waiting_words": bool(donation.message) and donation.words == Words.WAITING,
        "created_at": donation.created_at,
        "happened_at": payment.happened_at if payment else None,
        # Stripe may close a page before its time; when it did is not known here.
        "expires_at": donation.expires_at if state == "open" or donation.expires_at <= timezone.now() else None,
        "session_url": donation.session_url if mine and state == "open" else "",
    }


def _success_url(donation: Donation) -> str:
    return f"{reverse('success')}?{urlencode({'session_id': donation.session_id})}"


def _poll_url(donation: Donation, looks: int) -> str:
    return f"{reverse('success_status')}?{urlencode({'session_id': donation.session_id, 'n': looks})}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


@never_cache
@require_safe
def cancel(request: HttpRequest) -> HttpResponse:
    """Nothing was charged, and the amount is kept. A gift that was paid after all goes to its success page."""
    donation = ownership.find(request.GET.get("gift", ""))
    if donation and ownership.holds(request, donation):
        polling.ask(donation)
    if donation and donation.session_id and donation.status in status.GIVEN:
        return redirect(_success_url(donation))
    context: dict[str, Any] = {"token": form_token.of(request)}
    if donation:
        language = get_language() or "en"
        payable = donation.status == Status.PENDING and donation.checkout == Checkout.OPEN
        context |= {
            "amount_value": money.short(donation.amount, donation.currency),
            "amount_short": money.display_short(donation.amount, donation.currency, language),
            "resume_url": donation.session_url if payable and ownership.holds(request, donation) else "",
        }
    response = render(request, "donations/cancel.html", context)
    form_token.keep(response, context["token"])
    return response
