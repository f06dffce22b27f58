"""The donor's way back: the page that tells the truth about a donation, and looks again by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations.domain import status
from donations.domain.status import Status
from donations.donors import ownership, repeating, shown_sums
from donations.giving import goal
from donations.ledger import receipt_numbers
from donations.models import Donation, LedgerEntry, Words, sums_of
from donations.reporting import public_totals
from donations.stripe import polling
from donations.wall import messages
from donations.wall.message_form import MessageForm
from lib import money
from lib.htmx import page_or_fragment
from organisation.models import current

# How often the success page looks again: three seconds apart, or five by reloading without JavaScript. Once more when
# the page is still open: Stripe's word on that may be three seconds old.
LOOKS = {"confirming": 40, "open": 1}
# And how often for the card fee, which Stripe's book tells a moment after the payment.
LOOKS_FOR_FEE = 3
BANKS_TAKE = timedelta(days=10)  # for money to get back to a card
# The page's title, by its word for the status.
TITLES = {
    "paid": gettext_noop("Thank you"),
    "confirming": gettext_noop("Being confirmed"),
    "delayed": gettext_noop("On its way"),
    "open": gettext_noop("Not paid yet"),
    "refunded": gettext_noop("Sent back"),
    "disputed": gettext_noop("Disputed"),
    "void": gettext_noop("Struck out"),
    "expired": gettext_noop("Closed"),
    "failed": gettext_noop("It didn’t arrive"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def success(request: HttpRequest) -> HttpResponse:
    """The truth about a gift; and, in the browser that made it, the form for the donor's words."""
    donation = _gift_or_404(request)
    mine = ownership.owns(request, donation)
    if request.method == "POST":
        if not mine:
            raise Http404
        form = MessageForm(request.POST)
        if form.is_valid():
            messages.save(donation, **form.cleaned_data)
            return redirect(f"{success_url(donation)}&saved=1")
        return _gift_page(request, donation, form, status=422)
    sure = polling.poll(donation)
    return _gift_page(request, donation, _words_form(donation), sure=sure)


@never_cache
@require_safe
def success_status(request: HttpRequest) -> HttpResponse:
    """What the success page polls: the same truth, as a fragment."""
    donation = _gift_or_404(request)
    sure = polling.poll(donation)
    return _gift_page(request, donation, _words_form(donation), sure=sure)


def _gift_or_404(request: HttpRequest) -> Donation:
    donation = public_totals.by_session(request.GET.get("session_id", ""))
    if donation is None:
        raise Http404
    return donation


def _words_form(donation: Donation) -> MessageForm:
    fields = MessageForm.base_fields
    return MessageForm(initial={field: getattr(donation, field) for field in fields})


def _gift_page(
    request: HttpRequest, donation: Donation, form: MessageForm, *, sure: bool = True, status: int = 200
) -> HttpResponse:
    state = _state(donation, sure)
    mine = ownership.owns(request, donation)
    looks = _number(request.GET.get("n", ""))
    waiting, shown = looks < LOOKS.get(state, 0), _shown(donation, state, mine)
    fee_to_come = shown["fee_to_come"] and looks < LOOKS_FOR_FEE
    url, part = success_url(donation), f"donations/success/{state}.html"
    context = {
        "title": TITLES[state],
        "part": part,
        "gift": shown,
        "goal": goal.preview(current()) if state == "paid" else None,
        "share": _share() if state == "paid" else (),
        "words_form": form if mine and state in {"paid", "delayed"} else None,
        "words_url": url,
        "saved": "saved" in request.GET,
        "look_url": url,
        "poll_url": _poll_url(donation, looks + 1) if waiting or fee_to_come else "",
        "refresh_url": f"{url}&n={looks + 1}" if waiting else "",
    }
    return page_or_fragment(request, "donations/success.html", part, context, status=status)


def _state(donation: Donation, sure: bool) -> str:
    """The page's word for a status. "Open" only when Stripe itself has just said so."""
    word = status.LABELS[Status(donation.status)].page
    return "confirming" if word == "open" and not sure else word


def _shown(donation: Donation, state: str, mine: bool) -> dict[str, Any]:
    payment = public_totals.payment(donation) if donation.status in status.ARRIVED else None
    sums = sums_of(donation)
    lines = shown_sums.presented(donation) + shown_sums.reached(donation, sums)
    back = [entry.happened_at for entry in donation.entries.all() if entry.kind == LedgerEntry.Kind.REFUND]
    back_at = max(back, default=None)
    return {
        "state": state,
        # What arrived, which may differ from what was asked.
        "amount": sums.given or donation.amount,
        "currency": sums.currency,
        "amount_value": money.short(donation.amount, donation.currency),
        "sums": sums,
        "every": repeating.every(donation.frequency),
        "next_at": following.period_end if (following := repeating.goes_on(donation)) else None,
        "lines": lines,
        "fee_to_come": state == "paid" and any(line.look == "pencil" for line in lines),
        "back_at": back_at,
        "on_its_way": back_at is not None and timezone.now() - back_at < BANKS_TAKE,
        "number": donation.pk,
        "receipt": receipt_numbers.find(payment) if payment else None,
        "mine": mine,
        "mail": donation.email if mine else "",
        "guest": donation.user_id is None,
        "waiting_name": bool(donation.name) and donation.name_state == Words.WAITING,
        "refused_name": bool(donation.name) and donation.name_state == Words.REFUSED,
        "waiting_words": bool(donation.message) and donation.words == Words.WAITING,
        "created_at": donation.created_at,
        "happened_at": payment.happened_at if payment else None,
        # Stripe may close a page before its time; when it did is not known here.
        "expires_at": donation.expires_at if state == "open" or donation.expires_at <= timezone.now() else None,
        "session_url": donation.session_url if mine and state == "open" else "",
    }


def _share() -> tuple[tuple[str, str], ...]:
    """Where a donor may tell of us, by plain links: nothing of theirs is loaded here."""
    home = f"{settings.SITE_URL}{reverse('home')}"
    words = _("I donated to %(org)s: %(url)s") % {"org": current().called, "url": home}
    return (
        (_("E-mail"), f"mailto:?{urlencode({'body': words}, quote_via=quote)}"),
        ("WhatsApp", f"https://wa.me/?{urlencode({'text': words})}"),
        ("Facebook", f"https://www.facebook.com/sharer/sharer.php?{urlencode({'u': home})}"),
    )


def success_url(donation: Donation) -> str:
    """The address at which this donation's truth is told."""
    return f"{reverse('success')}?{urlencode({'session_id': donation.session_id})}"


def _poll_url(donation: Donation, looks: int) -> str:
    return f"{reverse('success_status')}?{urlencode({'session_id': donation.session_id, 'n': looks})}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
