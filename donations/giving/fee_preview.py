"""What reaches the organisation of a gift after the card fee, as text, estimated beforehand."""

from __future__ import annotations

from django.conf import settings

from donations.reporting import fees
from lib import money
from organisation.models import Organisation


def table(organisation: Organisation) -> list[dict[str, str]]:
    """One row for each suggested amount; none at all where nobody told us the rate."""
    currency, rows = settings.DONATION_CURRENCY, []
    for amount in settings.DONATION_AMOUNTS:
        fee = fees.estimate(amount, currency, organisation)
        if fee is None:
            return []
        rows.append(
            {
                "amount": money.display_short(amount, currency),
                "fee": money.figure(fee, currency),
                "net": money.figure(amount - fee, currency),
            }
        )
    return rows


def covered(organisation: Organisation) -> list[int]:
    """What is paid for each suggested amount with the card fee on top; none unless the organisation offers that."""
    if not organisation.cover_fees:
        return []
    currency = settings.DONATION_CURRENCY
    return list(filter(None, (fees.covered(amount, currency, organisation) for amount in settings.DONATION_AMOUNTS)))


def preview(amount: int, organisation: Organisation) -> dict[str, str]:
    """One amount in minor units of the site's currency as it is read and, where we can tell, about what arrives."""
    currency = settings.DONATION_CURRENCY
    fee = fees.estimate(amount, currency, organisation)
    whole = {"whole": money.echo(amount, currency)}
    return whole if fee is None else whole | {"net": money.display(amount - fee, currency)}
