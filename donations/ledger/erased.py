"""Who was erased stays so: what is told later of a gift from before does not bring the person back.

A gift whose address was known is marked itself (`erased_at`). One whose address Stripe had not told yet is known by a
keyed digest of the address. A gift that is begun after the erasing is a new one, of somebody who wants to be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.crypto import salted_hmac

from donations.models import Donation, ErasedAddress
from donations.wall import placements
from lib.people.addresses import normalise

# What a gift holds of a person, and what it holds without one.
NOBODY = {"name": "", "payer_name": "", "email": "", "message": "", "notes": "", "public": False, "dedupe": None}


def remember(addresses: Iterable[str], at: datetime) -> None:
    """Note that these addresses were erased. In the caller's transaction."""
    ErasedAddress.objects.bulk_create(
        [ErasedAddress(digest=digest(address), erased_at=at) for address in addresses],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["erased_at"],
    )


def keep_out(donation: Donation, at: datetime | None) -> bool:
    """Whether an address must not be stored that is told now of this gift, and whose owner was erased `at` some time.

    It must not when the gift was begun before. A guest's gift is then erased as well; one of an account is whose the
    account is. The caller has locked the row.
    """
    if at is None or at < donation.created_at:
        return False
    if donation.user_id is None:
        placements.edit([donation.pk], **NOBODY, user=None, erased_at=at)
        donation.refresh_from_db(fields=[*NOBODY, "user", "erased_at"])
    return True


def digest(address: str) -> str:
    """By which the table of the erased knows an address; empty for none."""
    if not address:
        return ""
    return salted_hmac("donations.erased", normalise(address), algorithm="sha256").hexdigest()
