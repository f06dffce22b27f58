"""Pages about one gift, for whom it belongs to: its receipt, and what is shown of it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations.donors import history, ownership, receipts
from donations.ledger import receipt_numbers
from donations.wall.message_form import MessageForm
from donations.wall.messages import save


@never_cache
@require_safe
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """A receipt, to read and to print: for its donor, for whoever has its link, and for staff.

    Nobody else learns whether the number exists.
    """
    found = receipt_numbers.by_number(number)
    key = request.GET.get("key", "")
    if found and (ownership.may_read(request, found.entry.donation) or (key and receipts.opens(found, key))):
        response = render(request, "donations/receipt.html", receipts.contents(found))
    elif key:
        response = render(request, "donations/receipt_closed.html", {"path": request.path}, status=404)
    elif request.user.is_authenticated:
        raise Http404
    else:
        return redirect_to_login(request.get_full_path())
    if key:
        # The address opens the receipt: no other site, and no page of ours, is told it.
        response["Referrer-Policy"] = "no-referrer"
    return response


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
