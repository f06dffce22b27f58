"""Pages about one gift, for whom it belongs to: its receipt, and what is shown of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations.donors import history, ownership, shown_sums
from donations.ledger import receipt_numbers
from donations.models import Donation, Receipt, sums_of
from donations.wall.message_form import MessageForm
from donations.wall.messages import save


@never_cache
@require_safe
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """A receipt, to read and to print: for its donor, and for staff. Nobody else learns whether the number exists."""
    found = receipt_numbers.by_number(number)
    if found is None or not ownership.may_read(request, found.entry.donation):
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.get_full_path())
    return render(request, "donations/receipt.html", _receipt(found))


def _receipt(found: Receipt) -> dict[str, Any]:
    entry, donation = found.entry, found.entry.donation
    sums = sums_of(donation)
    return {
        "number": found.number,
        "donation": donation,
        "giver": "" if donation.erased_at else _giver(donation),
        "amount": entry.amount,
        "currency": entry.currency,
        "received_at": entry.happened_at,
        "sums": sums,
        "lines": shown_sums.presented(donation) + shown_sums.went_back(sums),
    }


def _giver(donation: Donation) -> str:
    return donation.name or donation.payer_name or (donation.user.name if donation.user else "")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, gift: uuid.UUID) -> HttpResponse:
    """Public or anonymous, and with which words: the donor's own choice, at any time."""
    donation = history.gift(request.user.pk or 0, gift)
    if donation is None:
        raise Http404
    if request.method == "POST":
        form = MessageForm(request.POST)
        if form.is_valid():
            save(donation, **form.cleaned_data)
            return redirect("account")
    else:
        form = MessageForm(initial={field: getattr(donation, field) for field in MessageForm.base_fields})
    context = {"form": form, "donation": donation}
    return render(request, "donations/gift.html", context, status=422 if form.errors else 200)
