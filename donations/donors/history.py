"""A donor's own book: every gift with its true state, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, ExtractYear

from donations.domain.status import BOOK, LABELS, Label, Status
from donations.donors import repeating
from donations.models import Donation, LedgerEntry, Receipt, sums_of
from lib.dates import start_of_day

PAGE = 50  # gifts
# By which a gift arrives; all else is what happened to it afterwards.

# For the apps above, which see the ledger through this door.
ARRIVALS = LedgerEntry.ARRIVALS
fold_of = sums_of

# Where a gift can stand in the book, and how the account calls it.
STATES = BOOK


@dataclass(frozen=True, slots=True)
class Total:
    """What a donor gave in a year of the site's time zone, less what went back: minor units of `currency`."""

    year: int
    currency: str
    amount: int


def gifts(user_id: int, *, year: int | None = None, state: str = "") -> QuerySet[Donation]:
    """The gifts of an account, newest first, each with `at`: when it arrived, or was begun if it has not."""
    entries = LedgerEntry.objects.filter(kind__in=LedgerEntry.ARRIVALS).order_by("happened_at", "id")
    arrived = Subquery(entries.filter(donation=OuterRef("pk")).values("happened_at")[:1])
    found = (
        Donation.objects.filter(user_id=user_id)
        .annotate(at=Coalesce(arrived, "created_at"))
        .prefetch_related(
            Prefetch("entries", LedgerEntry.objects.select_related("receipt").order_by("happened_at", "id"))
        )
        .order_by("-at", "-id")
    )
    if year is not None:
        found = found.filter(at__gte=start_of_day(date(year, 1, 1)), at__lt=start_of_day(date(year + 1, 1, 1)))
    if state in STATES:
        found = found.filter(status__in=[status for status, label in LABELS.items() if label.book == state])
    return found


def page(found: QuerySet[Donation], number: str) -> Page[Donation]:
    """One page of gifts; a number out of range gives the nearest page."""
    if number not in {"", "1"}:
        return Paginator(found, PAGE).get_page(number)
    rows = list(found[: PAGE + 1])
    # Most accounts have one page: then there is nothing to be counted.
    return Page(rows[:PAGE], 1, Paginator(found if len(rows) > PAGE else rows, PAGE))


def gift(user_id: int, uuid: UUID) -> Donation | None:
    """One gift of this account, if it is theirs."""
    return gifts(user_id).filter(uuid=uuid).first()


def label(gift: Donation) -> Label:
    """How the gift's status is called."""
    return LABELS[Status(gift.status)]


def every(gift: Donation) -> str:
    """How often a gift that comes again does; nothing of one that was given once."""
    return repeating.every(gift.frequency)


def totals(user_id: int) -> list[Total]:
    """By year and currency, the newest first, from the ledger alone. Different currencies are never added."""
    rows = (
        LedgerEntry.objects.filter(donation__user_id=user_id)
        .order_by()
        .values("currency", year=ExtractYear("happened_at"))
        .annotate(sum=Sum("amount"))
        .order_by("-year", "currency")
    )
    return [Total(row["year"], row["currency"], row["sum"]) for row in rows]


def years(user_id: int, totals: Iterable[Total]) -> list[int]:
    """The years in which this account has gifts, the newest first; of `totals` are those of all that arrived."""
    arrived = LedgerEntry.objects.filter(kind__in=LedgerEntry.ARRIVALS, donation=OuterRef("pk"))
    begun = Donation.objects.filter(~Exists(arrived), user_id=user_id).order_by()
    found = begun.values_list(ExtractYear("created_at"), flat=True).distinct()
    return sorted({*found, *(total.year for total in totals)}, reverse=True)


def statement(user_id: int, first: date, last: date) -> list[LedgerEntry]:
    """What moved between two days, both included, oldest first; `entry.receipt` exists for payments."""
    return list(
        LedgerEntry.objects.filter(
            donation__user_id=user_id,
            happened_at__gte=start_of_day(first),
            happened_at__lt=start_of_day(last + timedelta(days=1)),
        )
        .select_related("donation", "receipt")
        .order_by("happened_at", "id")
    )


def sums(entries: Iterable[LedgerEntry | Total]) -> dict[str, int]:
    """Minor units by currency."""
    found: dict[str, int] = {}
    for entry in entries:
        found[entry.currency] = found.get(entry.currency, 0) + entry.amount
    return dict(sorted(found.items()))


def number_of(entry: LedgerEntry) -> int | None:
    """The number of an entry's receipt, if it has one."""
    receipt: Receipt | None = getattr(entry, "receipt", None)
    return receipt.number if receipt else None
