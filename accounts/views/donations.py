"""A donor's own book: what was given, and a statement of any period."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.forms import PeriodForm
from accounts.models import User
from accounts.views.helpers import donor
from donations.donors import history, ownership
from donations.donors.monthly import owners, words
from lib import money
from lib.htmx import login_required_here, page_or_fragment


@never_cache
@login_required_here
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Every gift with its true state; the filters stand in the address."""
    user = donor(request)
    if user.verified_at:
        # Gifts made as a guest since the last look. The address has been proved, so they are this user's.
        ownership.attach_guest_donations(user.pk, user.email)
    totals = history.totals(user.pk)
    this_year = timezone.localdate().year
    context = _book(request, user, totals) | {
        "this_year": [money.display(total.amount, total.currency) for total in totals if total.year == this_year],
        "by_year": _bars(totals),
        "mine": [
            {"uuid": each.uuid, "title": words.title(each), "state": words.state(each)}
            for each in owners.of_account(user.pk)
        ],
        "running": this_year,
        "period": PeriodForm(initial=_whole_year(this_year)),
    }
    return page_or_fragment(request, "accounts/account.html", "accounts/_gifts.html", context)


def _book(request: HttpRequest, user: User, totals: list[history.Total]) -> dict[str, Any]:
    years = history.years(user.pk, totals)
    chosen = request.GET.get("year", "")
    year = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) == 4 else None
    state = request.GET.get("state", "")
    year, state = year if year in years else None, state if state in history.STATES else ""
    page = history.page(history.gifts(user.pk, year=year, state=state), request.GET.get("page", ""))
    return {
        "gifts": [_line(gift) for gift in page],
        "page": page,
        "years": years,
        "year": year,
        "state": state,
        "states": history.STATES,
        "filter": urlencode({key: value for key, value in (("year", year), ("state", state)) if value}),
        "sums": [
            {"amount": amount, "currency": currency}
            for currency, amount in history.sums(total for total in totals if year in {None, total.year}).items()
        ],
    }


def _bars(totals: list[history.Total]) -> list[dict[str, Any]]:
    """Each year's total with its `share` of the largest one in its currency, in per cent."""
    largest: dict[str, int] = {}
    for total in totals:
        largest[total.currency] = max(largest.get(total.currency, 1), total.amount)
    return [
        {
            "year": total.year,
            "amount": total.amount,
            "currency": total.currency,
            "share": max(total.amount, 0) * 100 // largest[total.currency],
        }
        for total in totals
    ]


def _line(gift: Any) -> dict[str, Any]:
    """A gift, its receipts, and below it what went back."""
    entries = list(gift.entries.all())
    payments = [entry for entry in entries if entry.kind in history.ARRIVALS]
    amount, currency = (payments[0].amount, payments[0].currency) if payments else (gift.amount, gift.currency)
    sums = history.fold_of(gift)
    return {
        "gift": gift,
        "every": history.every(gift),
        "at": gift.at,
        "amount": amount,
        "currency": currency,
        "label": history.label(gift),
        "settled": history.label(gift).donor == history.STATES["book"],
        "left": sums.left if sums.went_back else None,
        "receipts": [number for entry in payments if (number := history.number_of(entry))],
        "moves": [
            {
                "at": entry.happened_at,
                "what": entry.get_kind_display(),
                "amount": abs(entry.amount),
                "currency": entry.currency,
                "minus": entry.amount < 0,
            }
            for entry in entries
            if entry not in payments[:1]
        ],
    }


@never_cache
@login_required
@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """What moved in a period, on a page made for printing."""
    user = donor(request)
    form = PeriodForm(request.GET or _whole_year(timezone.localdate().year))
    if not form.is_valid():
        return render(request, "accounts/statement.html", {"form": form}, status=422)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    entries = history.statement(user.pk, first, last)
    context = {
        "form": form,
        "first": first,
        "last": last,
        "made_at": timezone.now(),
        "unfinished": last >= timezone.localdate(),
        "lines": [
            {
                "at": entry.happened_at,
                "what": entry.get_kind_display(),
                "gift": entry.donation_id,
                "every": history.every(entry.donation),
                "receipt": history.number_of(entry),
                "amount": abs(entry.amount),
                "currency": entry.currency,
                "minus": entry.amount < 0,
            }
            for entry in entries
        ],
        "sums": [{"amount": amount, "currency": currency} for currency, amount in history.sums(entries).items()],
    }
    return render(request, "accounts/statement.html", context)


def _whole_year(year: int) -> dict[str, str]:
    return {"first": f"{year}-01-01", "last": f"{year}-12-31"}
