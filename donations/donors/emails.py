"""What the e-mails say: looked up when they are sent, so that they tell what is known by then."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from donations.domain.status import Status
from donations.donors import email_templates, receipts, repeating
from donations.donors.email_templates import About
from donations.ledger import receipt_numbers
from donations.ledger.donor_emails import EmailKind, donation_of, entry_of
from donations.models import Case, Donation, LedgerEntry, OfflineGift, booked_by, payments_of, sums_of
from donations.reporting import fees
from lib import date_texts, languages, money
from mail.outbox import Cancel, Email, Retry
from organisation.models import current

Outcome = Email | Retry | Cancel

KINDS = tuple(EmailKind)
GONE = Cancel("what it is about is not in the book")
NO_ADDRESS = Retry("no address")


def compose(kind: str, key: str) -> Outcome:
    """The e-mail of this kind about `key`, as `ledger.donor_emails` keys it."""
    if kind not in KINDS:
        return Cancel(f"there is no letter of the kind {kind!r}")
    with translation.override(languages.of(_language(EmailKind(kind), key))):
        match EmailKind(kind):
            case EmailKind.PAID:
                return _paid(key)
            case EmailKind.REFUNDED:
                return _refunded(key)
            case EmailKind.REFUND_FAILED:
                return _refund_failed(key)
            case EmailKind.FAILED:
                return _failed(key)
            case EmailKind.PAYMENT_FAILED:
                return _payment_failed(key)
            case EmailKind.OFFLINE:
                return _offline(key)


def _language(kind: EmailKind, key: str) -> str:
    """That of the page on which the gift was begun."""
    if kind is EmailKind.FAILED:
        donation = donation_of(key)
        return donation.language if donation else ""
    entry = entry_of(kind, key)
    return entry.donation.language if entry else ""


def _paid(key: str) -> Outcome:
    entry = entry_of(EmailKind.PAID, key)
    if entry is None:
        return GONE
    donation = entry.donation
    if _failure_of(entry):
        return Cancel("the payment failed after all")
    if not donation.email:
        return NO_ADDRESS
    kept = fees.of_payment(entry)
    details = {
        "paid_as": donation.paid_as,
        "every": repeating.every(donation.frequency),
        "method": receipts.method(donation),
    }
    # No fee in Stripe's book may mean that it is charged later, so nothing is said of it; nor when some has gone back
    # since, for the rest no longer reached us.
    if kept and kept.fee and not sums_of(donation).went_back and money.known(kept.currency):
        details |= {"fee": money.display(kept.fee, kept.currency), "net": money.display(kept.net, kept.currency)}
    write = email_templates.landed if donation.delayed else email_templates.paid
    return write(
        _about(donation, entry.amount, entry.currency, entry.happened_at, receipt_numbers.find(entry)), **details
    )


def _refunded(key: str) -> Outcome:
    entry = entry_of(EmailKind.REFUNDED, key)
    if entry is None:
        return GONE
    if entry_of(EmailKind.REFUND_FAILED, key):
        return Cancel("the refund failed")
    donation = entry.donation
    if not donation.email:
        return NO_ADDRESS
    payment = LedgerEntry.objects.filter(donation=donation, kind=LedgerEntry.Kind.PAYMENT).order_by("id").first()
    receipt = receipt_numbers.find(payment) if payment else None
    about = _about(donation, -entry.amount, entry.currency, entry.happened_at, receipt)
    return email_templates.refunded(about, gift=_partly_refunded(entry))


def _refund_failed(key: str) -> Outcome:
    entry = entry_of(EmailKind.REFUND_FAILED, key)
    if entry is None:
        return GONE
    if not entry.donation.email:
        return NO_ADDRESS
    return email_templates.refund_failed(_about(entry.donation, entry.amount, entry.currency, entry.happened_at))


def _failed(key: str) -> Outcome:
    donation = donation_of(key)
    if donation is None:
        return GONE
    if donation.status != Status.FAILED:
        return Cancel("it arrived after all")
    if donation.entries.filter(kind=LedgerEntry.Kind.PAYMENT_FAILURE).exists():
        return Cancel("it had arrived before: another letter says so")
    if not donation.email:
        return NO_ADDRESS
    return email_templates.failed(
        _about(donation, donation.amount, donation.currency, donation.created_at), again=_again(donation)
    )


def _payment_failed(key: str) -> Outcome:
    entry = entry_of(EmailKind.PAYMENT_FAILED, key)
    payment = _payment_of(entry) if entry else None
    if entry is None or payment is None:
        return GONE
    donation = entry.donation
    if not donation.email:
        return NO_ADDRESS
    receipt = receipt_numbers.find(payment)
    about = _about(donation, -entry.amount, entry.currency, entry.happened_at, receipt)
    return email_templates.payment_failed(about, arrived=date_texts.day(payment.happened_at), again=_again(donation))


def _payment_of(failure: LedgerEntry) -> LedgerEntry | None:
    return booked_by(Case.objects.filter(pk=failure.source).values_list("payment", flat=True)).first()


def _failure_of(payment: LedgerEntry) -> bool:
    intents = payments_of([payment.source]).values()
    charges = Case.objects.filter(kind=Case.Kind.FAILURE, payment__in=list(intents)).values("pk")
    return LedgerEntry.objects.filter(kind=LedgerEntry.Kind.PAYMENT_FAILURE, source__in=charges).exists()


def _offline(key: str) -> Outcome:
    gift = OfflineGift.objects.select_related("donation").filter(pk=key).first()
    if gift is None:
        return GONE
    if gift.struck_out_at:
        return Cancel("it was struck out")
    donation = gift.donation
    if not donation.email:
        return NO_ADDRESS
    entry = entry_of(EmailKind.OFFLINE, key)
    receipt = receipt_numbers.find(entry) if entry else None
    about = _about(donation, donation.amount, donation.currency, donation.created_at, receipt)
    return email_templates.offline(about, method=str(gift.get_method_display()))


def _partly_refunded(refund: LedgerEntry) -> str:
    """The gift that a refund is only a part of; nothing when it was all of it, or when there were several payments."""
    payments = LedgerEntry.objects.filter(donation=refund.donation, kind=LedgerEntry.Kind.PAYMENT)
    sums = list(payments.values_list("amount", "currency")[:2])
    if len(sums) != 1 or sums[0] == (-refund.amount, refund.currency):
        return ""
    return money.display(*sums[0])


def _again(donation: Donation) -> str:
    """The form, with the same amount."""
    return f"{settings.SITE_URL}{reverse('donate')}?amount={money.short(donation.amount, donation.currency)}"


def _about(donation: Donation, amount: int, currency: str, at: datetime, receipt: int | None = None) -> About:
    page = f"{settings.SITE_URL}{reverse('success')}?{urlencode({'session_id': donation.session_id})}"
    organisation = current()
    return About(
        to=donation.email,
        name=receipts.giver(donation),
        org=organisation.called,
        amount=money.display(amount, currency),
        amount_short=money.display_short(amount, currency),
        number=str(receipt or donation.pk),
        date=date_texts.day(at),
        link=receipts.link(receipt, donation) if receipt else page if donation.session_id else "",
        practice=not settings.STRIPE_LIVE,
        address=organisation.address,
        registration=organisation.registration_number,
        legal=organisation.receipt_text,
    )
