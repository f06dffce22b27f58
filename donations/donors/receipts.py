"""What a receipt says, and the link by which a guest opens it on any device."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse

from donations.donors import shown_sums
from donations.models import Donation, OfflineGift, Receipt, sums_of

SALT = "donations.receipts"


def link(number: int, donation: Donation) -> str:
    """The address that opens this receipt alone, for whoever has it: for the donor's own mailbox."""
    key = signing.Signer(salt=SALT).signature(_signed(number, donation))
    return f"{settings.SITE_URL}{reverse('receipt', args=[number])}?{urlencode({'key': key})}"


def opens(found: Receipt, key: str) -> bool:
    """Whether the key is this receipt's. Compared in constant time; also of a SECRET_KEY of before."""
    try:
        signing.Signer(salt=SALT).unsign(f"{_signed(found.number, found.entry.donation)}:{key}")
    except signing.BadSignature:
        return False
    return True


def _signed(number: int, donation: Donation) -> str:
    """With the gift: where practice was thrown away the numbers begin anew, and an old key must open nothing."""
    return f"{number}/{donation.uuid.hex}"


def contents(found: Receipt) -> dict[str, Any]:
    """What the page says. Of an erased donor nothing but the amount is left."""
    entry, donation = found.entry, found.entry.donation
    sums = sums_of(donation)
    return {
        "number": found.number,
        "donation": donation,
        "giver": "" if donation.erased_at else giver(donation),
        "amount": entry.amount,
        "currency": entry.currency,
        "received_at": entry.happened_at,
        "method": method(donation),
        "sums": sums,
        "lines": shown_sums.presented(donation) + shown_sums.went_back(sums),
    }


def giver(donation: Donation) -> str:
    """The name on the receipt; empty while none is known."""
    return donation.name or donation.payer_name or (donation.user.name if donation.user else "")


def method(donation: Donation) -> str:
    """How the gift was paid, as people say it; empty where that is not known."""
    outside = OfflineGift.objects.filter(donation=donation).first()
    return str(outside.get_method_display()) if outside else ""
