"""The sums of a gift as its donor reads them, on the slip, the receipt and in the account: lines for one partial."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from donations.models import Donation, GiftSums, LedgerEntry
from donations.reporting import fees
from lib import money
from organisation.models import current


@dataclass(frozen=True, slots=True)
class Line:
    """`look` is the CSS class of the sum: in red what is taken, in pencil what is not known yet."""

    name: str
    sum: str
    look: str = ""


def presented(donation: Donation) -> list[Line]:
    """What the donor paid in a currency of their own, beside the gift's."""
    return [Line(_("Paid as"), donation.paid_as)] if donation.paid_as else []


def went_back(sums: GiftSums) -> list[Line]:
    """What was given, what went back and how, and what is left; nothing at all while nothing went back."""
    if not sums.went_back:
        return []
    taken = [
        (_("Refunded"), sums.refunded),
        (_("Taken back by the bank"), sums.disputed),
        (_("Sent back by the bank"), sums.failed),
        (_("Struck out"), sums.struck_out),
    ]
    lines = [Line(_("Given"), money.figure(sums.given, sums.currency))]
    lines += [Line(name, money.figure(-amount, sums.currency), "minus") for name, amount in taken if amount]
    return [*lines, Line(_("Remaining"), money.figure(sums.left, sums.currency), "counted")]


def reached(donation: Donation, sums: GiftSums) -> list[Line]:
    """The same, and what Stripe kept of it and what reached us, while something is left that came through Stripe."""
    lines = went_back(sums)
    payments = [entry for entry in donation.entries.all() if entry.kind == LedgerEntry.Kind.PAYMENT]
    if sums.left <= 0 or not payments:
        return lines
    disputed = any(entry.kind in LedgerEntry.DISPUTES for entry in donation.entries.all())
    # A dispute costs a fee of its own, also one that was won.
    fee = _("Card and dispute fees") if disputed else _("Card fee")
    kept = fees.of_gift(payments)
    if kept is None or not money.known(kept.currency):
        return [*lines, Line(fee, _("in pencil until Stripe tells us"), "pencil")]
    # Settled in another currency, both are told in that one.
    unit = "" if kept.currency == sums.currency else f" {kept.currency.upper()}"
    net = sums.left - kept.fee if kept.currency == sums.currency else kept.net
    return [
        *(line for line in lines if line.look != "counted"),
        Line(fee, f"{money.figure(-kept.fee, kept.currency)}{unit}", "minus"),
        Line(
            _("Reached %(organisation)s") % {"organisation": current().called},
            f"{money.figure(net, kept.currency)}{unit}",
            "counted",
        ),
    ]
