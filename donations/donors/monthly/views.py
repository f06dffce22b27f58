"""The pages of monthly gifts: ask for a link, come by it, and change, pause or stop. No account, no JavaScript."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from donations.domain.subscription import OVER, EndedBy, Frequency, InvoiceStatus, SubscriptionStatus
from donations.donors.monthly import letters, links, owners, words
from donations.donors.monthly.forms import AmountForm, AskForm, Once, PauseForm
from donations.models import Invoice, Subscription
from donations.stripe.errors import Refused, StripeUnavailable, UnderWay
from donations.stripe.recurring import changes
from lib import money
from limits import visitors
from limits.buckets import Rate

log = logging.getLogger(__name__)

# For each place, each area, and the site.
LETTERS = (Rate(10, 2), Rate(60, 6), Rate(300, 60))
CHANGES = (Rate(20, 4), Rate(60, 12), Rate(600, 120))
# After the last charge that is left out: long after its invoice was made, and long before the next one.
SLACK = timedelta(days=12)
# How often a click waits a second for the one before it.
CLICKS = 3
# What is done on a page of Stripe's.
_AT_STRIPE = {"card", "pay"}
Change = Callable[[Subscription, Any], str]


class Stale(HttpResponse):
    """An answer about which Django writes no line into the log: it would hold the link."""

    _has_been_logged = True


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """What whoever is known here gives; all others ask for a link, and each address gets the same answer."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        visitors.take("monthly letter", LETTERS, request)
        letters.ask(form.cleaned_data["email"])
        return redirect(f"{reverse('monthly')}?sent=1")
    mine = _mine(request)
    if request.method != "POST" and len(mine) == 1 and not request.GET:
        return redirect("monthly_page", mine[0].uuid)
    context = {"form": form, "mine": [_line(each) for each in mine], "sent": "sent" in request.GET}
    return render(request, "donations/monthly/ask.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """One monthly gift, by its name; or the way in, by a link from a letter."""
    try:
        name = uuid.UUID(token)
    except ValueError:
        return _arrive(request, token)
    subscription = Subscription.objects.filter(uuid=name).first()
    if subscription is None or not _may_change(request, subscription):
        if request.user.is_authenticated:
            raise Http404
        return redirect("monthly")
    if request.method != "POST":
        return _show(request, subscription)
    if request.POST.get("do") == "leave":
        response = redirect("monthly")
        links.leave(response)
        return response
    return _change(request, subscription)


def _arrive(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link. The page asks for one click more: mail scanners open links, too."""
    subscription = links.read(token)
    if subscription is None or (request.method == "POST" and not links.spend(token)):
        return Stale(render_to_string("accounts/stale.html", {"again": "monthly"}, request), status=410)
    if request.method != "POST":
        return render(request, "donations/monthly/arrive.html")
    others = len(owners.of_address(owners.address_of(subscription))) > 1
    response = redirect("monthly") if others else redirect("monthly_page", subscription.uuid)
    links.let_in(response, subscription)
    return response


def _mine(request: HttpRequest) -> list[Subscription]:
    owners.gather(request)
    account = owners.of_account(request.user.pk) if request.user.pk else []
    mailed = owners.of_address(links.visitor(request))
    return account + [each for each in mailed if each not in account]


def _may_change(request: HttpRequest, subscription: Subscription) -> bool:
    owners.gather(request)
    visitor = links.visitor(request)
    return owners.may_change(request, subscription) or (bool(visitor) and visitor == owners.address_of(subscription))


def _line(subscription: Subscription) -> dict[str, Any]:
    return {"uuid": subscription.uuid, "title": words.title(subscription), "state": words.state(subscription)}


def _show(request: HttpRequest, subscription: Subscription, *, status: int = 200, **more: Any) -> HttpResponse:
    now, owed = SubscriptionStatus(subscription.status), _owed(subscription)
    context = {
        **_line(subscription),
        "over": now in OVER,
        "ending": now is SubscriptionStatus.ENDING,
        "going": now is SubscriptionStatus.ACTIVE,
        "paused": now is SubscriptionStatus.PAUSED,
        "failing": now in {SubscriptionStatus.RETRYING, SubscriptionStatus.GIVEN_UP},
        "owed": money.display(owed.due, owed.currency) if owed else "",
        "next_at": subscription.period_end,
        "by_link": bool(links.visitor(request)),
        "amount": AmountForm(subscription),
        "pause": PauseForm(subscription),
        "once": Once(subscription),
    }
    return render(request, "donations/monthly/page.html", context | more, status=status)


def _change(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    what = request.POST.get("do", "")
    if what not in _CHANGES:
        return _show(request, subscription, status=422, problem=_("Choose what to change."))
    make, change = _CHANGES[what]
    form = make(subscription, request.POST)
    if not form.is_valid():
        wrong = {"amount": form} if what == "amount" else {"problem": _("This page had waited too long. Choose again.")}
        return _show(request, subscription, status=422, **wrong)
    visitors.take("monthly change", CHANGES, request)
    try:
        told = _made(change, subscription, form)
    except StripeUnavailable as error:
        log.warning("subscription %s: %s is not known to be done (%s)", subscription.stripe_id, what, error)
        problem = _("We couldn’t reach Stripe, and don’t know whether it was changed. Try again in a minute.")
        # The same form again is the same change.
        kept = {what: form} if what in {"amount", "pause"} else {"once": form}
        return _show(request, subscription, status=503, problem=problem, **kept)
    except Refused as error:
        log.warning("subscription %s: Stripe refused to %s (%s)", subscription.stripe_id, what, error)
        return _show(request, subscription, status=502, problem=_refusal(what))
    if what in _AT_STRIPE and told:
        return HttpResponseRedirect(told, status=303)
    messages.success(request, told or _("Nothing is due now."))
    return redirect("monthly_page", subscription.uuid)


def _made(change: Change, subscription: Subscription, form: Any) -> str:
    """The second click of two at once waits for what the first one does, and is told the same."""
    for _again in range(CLICKS):
        try:
            return change(subscription, form)
        except UnderWay:
            time.sleep(1)
    return change(subscription, form)


def _refusal(what: str) -> str:
    if what == "amount":
        return _("Stripe didn’t accept this amount, so nothing was changed. Enter another one.")
    if what in _AT_STRIPE:
        return _("Stripe didn’t open its page, so nothing was changed. Write to us, and we’ll see to it.")
    return _("Stripe didn’t accept this change, so nothing was changed. Write to us, and we’ll see to it.")


def _stop(subscription: Subscription, form: Once) -> str:
    changes.stop(subscription, by=EndedBy.DONOR, key=form.key("stop"))
    return _("Stopped. Nothing more will be charged, and an e-mail to confirm it is on its way.")


def _amount(subscription: Subscription, form: AmountForm) -> str:
    changes.change_amount(subscription, form.minor, key=form.key(f"amount-{form.minor}"))
    return _("From the next charge on it will be %(amount)s.") % {
        "amount": money.display_short(form.minor, subscription.currency)
    }


def _pause(subscription: Subscription, form: PauseForm) -> str:
    number = form.cleaned_data["leave_out"]
    changes.pause(subscription, _until(subscription, number), key=form.key(f"pause-{number}"))
    return _("Paused. What falls due meanwhile isn’t charged, and won’t be asked for later.")


def _resume(subscription: Subscription, form: Once) -> str:
    changes.resume(subscription, key=form.key("resume"))
    return _("Resumed.")


def _keep(subscription: Subscription, form: Once) -> str:
    changes.keep(subscription, key=form.key("keep"))
    return _("It goes on.")


def _card(subscription: Subscription, form: Once) -> str:
    back = f"{settings.SITE_URL}{reverse('monthly_page', args=[subscription.uuid])}"
    return changes.card_page(subscription, back=back)


def _pay(subscription: Subscription, form: Once) -> str:
    owed = _owed(subscription)
    return changes.invoice_page(owed.pk) if owed else ""


def _owed(subscription: Subscription) -> Invoice | None:
    """The charge that failed last and is still to be paid."""
    tried = subscription.invoices.filter(status=InvoiceStatus.OPEN, attempts__gt=0)
    return tried.order_by("-created_at").first()


_CHANGES: dict[str, tuple[type[Once], Change]] = {
    "stop": (Once, _stop),
    "amount": (AmountForm, _amount),
    "pause": (PauseForm, _pause),
    "resume": (Once, _resume),
    "keep": (Once, _keep),
    "card": (Once, _card),
    "pay": (Once, _pay),
}


def _until(subscription: Subscription, number: int) -> datetime | None:
    """When a pause ends that leaves out so many charges; None where the donor says when."""
    if not number or subscription.period_end is None:
        return None
    days = 365 if subscription.frequency is Frequency.YEARLY else 365 / 12
    return subscription.period_end + (number - 1) * timedelta(days=days) + SLACK
