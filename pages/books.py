"""The rows of a month's books as a book-keeper writes them: a minus in brackets, in pencil what is not sure yet."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from donations.reporting.month import Month
from lib import money


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the book; `look` is the CSS class of its sum."""

    name: str
    sum: str
    count: int | None = None
    look: str = ""
    note: str = ""


def rows(month: Month) -> list[Row]:
    """What came in, what went back and what it cost, each on its own row; rows of nothing are left out."""
    figures, fees = month.figures, month.figures.fees
    found = [Row(_("Gifts received"), _plain(month, figures.gross), month.received)]
    if figures.outside or figures.outside_gifts:
        found.append(Row(_("Gifts outside Stripe"), _plain(month, figures.outside), figures.outside_gifts))
    found += _taken(month, [(_("Refunds"), figures.refunds), (_("Disputes"), figures.disputes)])
    if len(found) > 1:
        # What the cup above counts of this month.
        found.append(Row(_("Raised, before fees"), _plain(month, figures.raised), figures.all_gifts))
    found.append(_card_fees(month))
    others = [(_("Refund fees"), fees.refunds), (_("Dispute fees"), fees.disputes), (_("Other fees"), fees.other)]
    found += _taken(month, others)
    found += [_fees_elsewhere(currency, kept) for currency, kept in month.fees_elsewhere.items()]
    if month.waiting:
        in_pencil = _("in pencil until it arrives")
        waiting_for = _plain(month, month.waiting_for)
        found.append(Row(_("Waiting on a bank"), waiting_for, month.waiting, "pencil", in_pencil))
    return found


def _taken(month: Month, amounts: list[tuple[str, int]]) -> list[Row]:
    return [Row(name, _plain(month, -amount), look="minus" if amount > 0 else "") for name, amount in amounts if amount]


def _card_fees(month: Month) -> Row:
    kept = month.figures.fees.payments
    if month.untold:
        told = _plain(month, -kept) if kept else "?"
        return Row(_("Card fees"), told, look="pencil", note=_("in pencil until Stripe tells us"))
    return Row(_("Card fees"), _plain(month, -kept), look="minus" if kept else "")


def _fees_elsewhere(currency: str, kept: int) -> Row:
    """In a currency of its own, so it cannot be taken off the sum below."""
    name = _("Fees settled in %(currency)s") % {"currency": currency.upper()}
    shown = money.figure(-kept, currency) if money.known(currency) else str(-kept)
    return Row(name, f"{shown} {currency.upper()}", look="minus" if kept > 0 else "", note=_("not in the sum below"))


def _plain(month: Month, amount: int) -> str:
    return money.figure(amount, month.currency)
