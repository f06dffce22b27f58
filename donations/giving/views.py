"""The donor's way out: choose an amount, leave for Stripe, or think better of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from donations.domain import status
from donations.domain.status import Status
from donations.domain.subscription import Frequency
from donations.domain.updates import Checkout
from donations.donors import ownership, repeating
from donations.donors.amounts import amount_of
from donations.giving import checkout, fee_preview, form_token, frequencies, goal
from donations.giving.forms import GiftForm, closed, declined
from donations.giving.success_page import success_url
from donations.models import Subscription
from donations.shield import gate, visitors
from donations.stripe import polling
from lib import amount_field, languages, money
from lib.htmx import is_swap, page_or_fragment
from lib.web import markdown
from lib.web.kept_page import kept
from organisation import impact, structured_data
from organisation.models import current

# What only another page than ours may have asked for: it goes along when the donor tries again.
KEPT = ("name", "email", "message", "public", "show_amount")


# Not "no-store": the browser may keep the page in memory for its Back button; the middleware says the rest.
@require_http_methods(["GET", "HEAD", "POST"])
def donate(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        own = form_token.own(request)
        response = _prefilled_page(request, own=own)
        form_token.keep(response, own["token"])
        return response
    form = GiftForm(request.POST)
    if not form.is_valid():
        return _donate_page(request, form, status=422)
    user = request.user
    who: dict[str, Any] = {"user_id": user.pk, "name": user.name, "email": user.email} if user.is_authenticated else {}
    order = form.order(language=languages.wished(request), **who)
    if (
        order.frequency != Frequency.ONCE
        and not form.cleaned_data["again"]
        and (standing := repeating.given_already(request))
    ):
        return _again_page(request, form, standing)
    try:
        donation = checkout.begin(
            order,
            _kept_apart(form.cleaned_data["token"], user.pk),
            visitors.donor(request, ownership.made_here(request)),
        )
    except gate.Shut as shut:
        return _wait_page(request, form, shut)
    except gate.AmountClosed as error:
        form.add_error("other_amount", closed(error.least))
        return _donate_page(request, form, status=422)
    except checkout.AmountDeclined as error:
        form.add_error("other_amount", declined(error.code))
        return _donate_page(request, form, status=422)
    except checkout.TryAgain as error:
        response = _donate_page(request, form, status=503, problem=_problem(error))
        response["Retry-After"] = "30"
        return response
    given = donation.status in status.GIVEN
    response = _leave(request, success_url(donation) if given else donation.session_url)
    ownership.remember(request, response, donation)
    return response


def _kept_apart(token: str, user_id: int | None) -> str:
    """A page's token must never meet an API caller's key: whoever guessed the key would get the gift's cookie.

    Nor may the next person at this browser be led to the gift that the last one began.
    """
    return f"page:{user_id or ''}:{token}" if token else ""


@kept(unless=["amount", "frequency"])
def _prefilled_page(request: HttpRequest, *, own: Mapping[str, str]) -> HttpResponse:
    """`?amount=20` fills the field, if it is an amount that can be given; else the page says why not."""
    if not (text := request.GET.get("amount", "").strip()):
        return _slip(request, GiftForm(), own)
    try:
        amount = amount_of(text, amount_field.linked)
    except ValidationError as error:
        return _slip(request, GiftForm(), own, said={"wrong": error.messages[0]})
    form = GiftForm(initial={"other_amount": money.typed(amount, settings.DONATION_CURRENCY)})
    return _slip(request, form, own, said=fee_preview.preview(amount, current()))


def _donate_page(request: HttpRequest, form: GiftForm, *, status: int, problem: str = "") -> HttpResponse:
    """The form that was sent, with what is wrong. It keeps its token: a retry must meet the same donation."""
    token = (form["token"].value() if "token" not in form.errors else "") or form_token.for_request(request)
    own = {"token": token, "since": visitors.form_made(request.POST.get("since", ""))}
    response = _slip(request, form, own, status=status, problem=problem)
    form_token.keep(response, token)
    return response


def _slip(
    request: HttpRequest,
    form: GiftForm,
    own: Mapping[str, str],
    *,
    status: int = 200,
    problem: str = "",
    said: dict[str, str] | None = None,
) -> HttpResponse:
    currency = settings.DONATION_CURRENCY
    # Fields that the page does not show can only be wrong in a hand-made request; say so all the same.
    hidden = (
        error for field in ("name", "email", "message", "token", "frequency") for error in form.errors.get(field, [])
    )
    organisation = current()
    context: dict[str, Any] = {
        "form": form,
        "problem": problem or next(hidden, ""),
        "kept": _kept(form.cleaned_data) if form.is_bound else {},
        "frequencies": frequencies.choices(
            money.coins(settings.DONATION_AMOUNTS, currency), money.coins(fee_preview.covered(organisation), currency)
        ),
        "frequency": _chosen(form, request.GET.get("frequency", "")),
        "symbol": money.symbol(currency),
        "minimum": money.display_short(settings.DONATION_MIN, currency),
        "currency_name": money.name(currency),
        **(said or {}),
        **own,
    }
    if not is_swap(request):
        context |= {
            "goal": goal.preview(organisation),
            "reaches": fee_preview.table(organisation),
            "impact": impact.shown(organisation.impact, currency),
            "questions": markdown.questions(organisation.questions),
            "donate_action": structured_data.donate_action(organisation),
        }
    return page_or_fragment(request, "donations/donate.html", "donations/_donate.html", context, status=status)


def _kept(typed: Mapping[str, Any], names: Iterable[str] = KEPT) -> dict[str, str]:
    """What goes along unseen. What was found wrong does not: there is no field in which it could be put right."""
    return {name: "on" if value is True else value for name in names if (value := typed.get(name))}


def _chosen(form: GiftForm, linked: str) -> str:
    """How often the page gives at first: as it was sent, or as a link asks; else once."""
    chosen = (form["frequency"].value() if form.is_bound else linked) or ""
    return chosen if chosen in set(Frequency) else Frequency.ONCE.value


def _again_page(request: HttpRequest, form: GiftForm, standing: Subscription) -> HttpResponse:
    """Who gives monthly already is asked whether this is a second one. Nothing was opened at Stripe."""
    amount = form.cleaned_data["minor"]
    context = {
        **_once_more(request, form),
        "standing": repeating.told(standing),
        "says": frequencies.sentence(
            form.cleaned_data["frequency"], money.display_short(amount, settings.DONATION_CURRENCY)
        ),
    }
    response = page_or_fragment(request, "donations/already.html", "donations/_already.html", context)
    form_token.keep(response, context["token"])
    return response


def _once_more(request: HttpRequest, form: GiftForm) -> dict[str, Any]:
    """The gift that was asked for, for a form that sends it once more."""
    repeats = {name: form.cleaned_data[name] for name in ("frequency", "again")}
    amount = form.cleaned_data["minor"]
    return {
        "token": form.cleaned_data["token"] or form_token.for_request(request),
        "since": visitors.form_made(request.POST.get("since", "")),
        "amount_value": money.short(amount, settings.DONATION_CURRENCY),
        "amount_short": money.display_short(amount, settings.DONATION_CURRENCY),
        "kept": _kept(form.cleaned_data) | _kept(repeats, repeats),
    }


def _wait_page(request: HttpRequest, form: GiftForm, shut: gate.Shut) -> HttpResponse:
    """Not now, and when. A page of its own, for in a flood it is made more often than all others."""
    context = {"shut": shut, **_once_more(request, form)}
    response = page_or_fragment(request, "donations/shut.html", "donations/_shut.html", context, status=429)
    response["Retry-After"] = str(shut.wait)
    form_token.keep(response, context["token"])
    return response


@require_safe
def donate_amount(request: HttpRequest) -> HttpResponse:
    """A word on an amount while it is typed: what is wrong with it, or how it is read and how much reaches us."""
    typed = request.GET.get("other_amount", "").strip()
    context: dict[str, str] = {}
    if typed:
        try:
            context = fee_preview.preview(amount_of(typed), current())
        except ValidationError as error:
            context = {"wrong": error.messages[0]}
    return render(request, "donations/_amount.html", context)


def _problem(error: checkout.TryAgain) -> str:
    match error:
        case checkout.Crowded():
            return _("Many people are giving right now. Nothing was taken. Try again in a minute.")
        case checkout.Faulty():
            return _("Stripe is having trouble right now. Nothing was taken. Try again in a minute.")
        case checkout.Declined():
            return _("Stripe didn’t accept this request. Nothing was taken. Try again later.")
    return _("We couldn’t reach Stripe. Nothing was taken. Try again in a minute.")


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    if is_swap(request):
        return HttpResponseClientRedirect(url)
    response = HttpResponse(status=303)
    response["Location"] = url
    return response


@never_cache
@require_safe
def cancel(request: HttpRequest) -> HttpResponse:
    """Nothing was charged, and the amount is kept. A gift that was paid after all goes to its success page."""
    donation = ownership.find(request.GET.get("gift", ""))
    if donation and ownership.owns(request, donation):
        polling.poll(donation)
    if donation and donation.session_id and donation.status in status.GIVEN:
        return redirect(success_url(donation))
    context: dict[str, Any] = {"token": form_token.for_request(request)}
    if donation:
        payable = donation.status == Status.PENDING and donation.checkout == Checkout.OPEN
        context |= {
            "since": visitors.form_made(),
            "kept": _kept(vars(donation)) if ownership.owns(request, donation) else {},
            "amount_value": money.short(donation.amount, donation.currency),
            "amount_short": money.display_short(donation.amount, donation.currency),
            "every": repeating.every(donation.frequency),
            "frequency": donation.frequency,
            "resume_url": donation.session_url if payable and ownership.owns(request, donation) else "",
        }
    response = render(request, "donations/cancel.html", context)
    form_token.keep(response, context["token"])
    return response
