"""Sending a gift back: what it means is said first, and it is done once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.admin.irreversible.reauthentication import is_fresh, require
from desk.pages import formatting
from donations.models import Donation, RefundRequest, booked_by
from donations.reporting import fees
from donations.stripe import refundable, refunds
from donations.stripe.errors import Refused, StripeUnavailable
from donations.stripe.refundable import Refundable
from lib import amount_field, money

PERMISSION = "donations.refund_donation"


class RefundForm(forms.Form):
    """What is to go back. `number` and `payment` come from the page."""

    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=20)
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=RefundRequest.Reason.choices, required=False, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For your own records. Neither Stripe nor the donor sees it."),
    )
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, payments: list[Refundable], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payments = {payment.payment: payment for payment in payments}
        self.fields["payment"] = forms.ChoiceField(
            label=_("Payment"),
            choices=[(one.payment, f"{money.display(one.amount, one.currency)} ({one.payment})") for one in payments],
            widget=forms.HiddenInput if len(payments) == 1 else forms.RadioSelect,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        payment = self.payments.get(cleaned.get("payment", ""))
        if payment and "amount" in cleaned:
            # In the currency of the payment that was chosen, so not by a field of its own.
            try:
                cleaned["minor"] = amount_field.parse(cleaned["amount"], payment.currency)
            except forms.ValidationError as error:
                self.add_error("amount", error)
            else:
                if not 0 < cleaned["minor"] <= payment.left:
                    rest = money.display(payment.left, payment.currency)
                    self.add_error("amount", _("At most %(rest)s is left of this payment.") % {"rest": rest})
                elif not money.payable(cleaned["minor"], payment.currency):
                    self.add_error("amount", amount_field.last_decimal(payment.currency))
        return cleaned


class Refunding(admin.ModelAdmin):
    """The part of the donations' admin that sends money back."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.refund)
        return [path("<int:pk>/refund/", view, name="donations_donation_refund"), *super().get_urls()]

    def refund(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how much, then say what it means, then do it."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        donation = get_object_or_404(Donation, pk=pk)
        if waiting := refunds.unanswered(donation):
            if request.method == "POST":
                return self._carry_out(request, donation, waiting)
            return self._refund_page(request, donation, waiting=waiting)
        try:
            payments = refundable.refresh(donation)
        except refundable.InAnotherAccount as error:
            return self._refund_page(request, donation, problem=str(error))
        except (StripeUnavailable, Refused) as error:
            return self._refund_page(request, donation, problem=_silence(error))
        if request.method == "POST":
            return self._posted(request, donation, payments)
        if problem := refundable.why_not(donation):
            return self._refund_page(request, donation, problem=problem)
        open_payments = [payment for payment in payments if payment.left > 0]
        first = open_payments[0]
        initial = {
            "amount": money.typed(min(first.left, refundable.left(donation)), first.currency),
            "reason": RefundRequest.Reason.ASKED_FOR,
            "payment": first.payment,
            "number": refunds.next_number(donation),
        }
        return self._refund_page(request, donation, form=RefundForm(open_payments, initial=initial))

    def _posted(self, request: HttpRequest, donation: Donation, payments: list[Refundable]) -> HttpResponse:
        form = RefundForm(payments, request.POST)
        if earlier := self._asked_before(donation, request):
            return self._carry_out(request, donation, earlier)
        if problem := refundable.why_not(donation):
            return self._refund_page(request, donation, problem=problem)
        if not form.is_valid():
            return self._refund_page(request, donation, form=form)
        if "confirmed" not in request.POST:
            return self._refund_page(request, donation, form=form, sure=True)
        if not is_fresh(request) and not require(request, request.POST.get("password", "")):
            return self._refund_page(request, donation, form=form, sure=True, wrong="password" in request.POST)
        cleaned = form.cleaned_data
        wanted = refunds.Wanted(
            number=cleaned["number"], payment=cleaned["payment"], amount=cleaned["minor"], reason=cleaned["reason"],
            note=cleaned["note"], by=request.user.get_username(),
        )  # fmt: skip
        note_down = partial(self._note_down, request)
        return self._answer(request, donation, lambda: refunds.request(donation, wanted, payments, note_down))

    def _asked_before(self, donation: Donation, request: HttpRequest) -> RefundRequest | None:
        """The second click, or the second person, of one page: what the first one asked for."""
        number = request.POST.get("number", "")
        if "confirmed" not in request.POST or not number.isascii() or not number.isdigit():
            return None
        earlier = donation.refund_requests.filter(number=int(number[:9])).first()
        if not earlier or request.POST.get("payment") != earlier.payment:
            return None
        try:
            amount = amount_field.parse(request.POST.get("amount", ""), earlier.currency)
        except forms.ValidationError:
            return None
        return earlier if amount == earlier.amount else None

    def _carry_out(self, request: HttpRequest, donation: Donation, asked: RefundRequest) -> HttpResponse:
        return self._answer(request, donation, lambda: refunds.carry_out(asked))

    def _answer(self, request: HttpRequest, donation: Donation, ask: Callable[[], RefundRequest]) -> HttpResponse:
        try:
            made = ask()
        except refunds.Impossible as error:
            return self._refund_page(request, donation, problem=str(error))
        except refunds.Unanswered:
            return redirect(request.path)
        words = _("%(amount)s is on its way back to the donor (%(refund)s, asked for by %(who)s).")
        told = {"amount": money.display(made.amount, made.currency), "refund": made.refund, "who": made.asked_by}
        messages.success(request, words % told)
        return redirect(reverse("admin:donations_donation_change", args=[donation.pk]))

    def _note_down(self, request: HttpRequest, made: RefundRequest) -> None:
        words = _("Asked Stripe to refund %(amount)s: %(reason)s.") % {
            "amount": money.display(made.amount, made.currency),
            "reason": made.get_reason_display(),
        }
        LogEntry.objects.log_actions(
            request.user.pk or 0, [made.donation], CHANGE, f"{words} {made.note}".strip(), single_object=True
        )

    def _refund_page(
        self, request: HttpRequest, donation: Donation, *, form: RefundForm | None = None, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Refund gift %(number)s") % {"number": donation.pk},
            "opts": Donation._meta,
            "donation": donation,
            "gift": money.display(donation.amount, donation.currency),
            "form": form,
            "ask_password": not is_fresh(request),
            "waiting": None,
            **more,
        }
        if waiting := context["waiting"]:
            context["waiting_amount"] = money.display(waiting.amount, waiting.currency)
        if form is not None and more.get("sure"):
            context["consequences"] = _consequences(donation, form)
        return TemplateResponse(request, "admin/donations/donation/refund.html", context)


def _consequences(donation: Donation, form: RefundForm) -> dict[str, Any]:
    """What the page says before the last button."""
    payment = form.payments[form.cleaned_data["payment"]]
    amount = form.cleaned_data["minor"]
    entry = booked_by([payment.payment]).first()
    kept = fees.of_payment(entry) if entry else None
    return {
        "amount": money.display(amount, payment.currency),
        "rest": money.display(payment.left - amount, payment.currency) if amount < payment.left else "",
        "fee": formatting.amount(kept.fee, kept.currency) if kept and kept.fee else "",
        "email": donation.email,
        "leaves_wall": donation.public and amount == refundable.left(donation),
        "reason": form.cleaned_data["reason"] and RefundRequest.Reason(form.cleaned_data["reason"]).label,
        "fields": {
            **{name: form.cleaned_data[name] for name in ("reason", "note", "payment", "number")},
            "amount": money.typed(amount, payment.currency),
        },
    }


def _silence(error: StripeUnavailable | Refused) -> str:
    if isinstance(error, Refused) and error.status in {401, 403}:
        return _(
            "Stripe does not let this site's key look at the payment. What the key lacks says manage.py stripe_check, "
            "to those who run the site."
        )
    return _("Stripe does not answer. Try again in a minute.")
