"""What the list of donations can be narrowed by; none of these asks the database for its choices."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from desk.pages import formatting
from donations.domain.status import ARRIVED
from donations.models import Donation, LedgerEntry
from lib import money
from lib.dates import start_of_day


def month_span(first: date) -> tuple[datetime, datetime]:
    """From the first moment of a month to the first of the next, by the site's clock."""
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return start_of_day(first), start_of_day(following)


def year_span(year: int) -> tuple[datetime, datetime]:
    return start_of_day(date(year, 1, 1)), start_of_day(date(year + 1, 1, 1))


class Period(admin.SimpleListFilter):
    """The month or year in which a gift arrived, or was begun if it has not; any by its address: `?period=2026-03`."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = timezone.localdate()
        this = today.replace(day=1)
        last = (this - timedelta(days=1)).replace(day=1)
        found = [(f"{first:%Y-%m}", format_date(first, _g("F Y"))) for first in (this, last)]
        found += [(f"{year:04}", f"{year}") for year in (today.year, today.year - 1)]
        asked = self.value()
        if asked and asked not in dict(found) and _span(asked):
            found.append((asked, asked))
        return found

    def queryset(self, request: HttpRequest, donations: QuerySet[Donation]) -> QuerySet[Donation]:
        span = _span(self.value() or "")
        if not span:
            return donations
        start, end = span
        arrivals = LedgerEntry.objects.filter(kind__in=LedgerEntry.ARRIVALS)
        here = arrivals.filter(happened_at__gte=start, happened_at__lt=end).values("donation")
        begun = Q(created_at__gte=start, created_at__lt=end) & ~Q(status__in=ARRIVED)
        return donations.filter(Q(pk__in=here) | begun)


def _span(text: str) -> tuple[datetime, datetime] | None:
    found = re.fullmatch(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?", text)
    if not found:
        return None
    year, month = int(found[1]), found[2]
    return month_span(date(year, int(month), 1)) if month else year_span(year)


class Amount(admin.SimpleListFilter):
    """In the site's currency."""

    title = _("amount")
    parameter_name = "amount"
    STEPS = (0, 10, 50, 100, 500, 1000)  # as dollars

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(step), self._name(low, high)) for step, low, high in self._steps()]

    def queryset(self, request: HttpRequest, donations: QuerySet[Donation]) -> QuerySet[Donation]:
        for step, low, high in self._steps():
            if self.value() == str(step):
                donations = donations.filter(currency=settings.DONATION_CURRENCY, amount__gte=low)
                return donations.filter(amount__lt=high) if high else donations
        return donations

    def _steps(self) -> list[tuple[int, int, int]]:
        """Each step, and from where to where it goes in minor units; the last has no end."""
        bounds = [money.dollars(step, settings.DONATION_CURRENCY) for step in self.STEPS]
        return list(zip(self.STEPS, bounds, [*bounds[1:], 0], strict=True))

    def _name(self, low: int, high: int) -> str:
        currency = settings.DONATION_CURRENCY
        if not low:
            return _g("under %(amount)s") % {"amount": formatting.amount(high, currency)}
        if not high:
            return _g("%(amount)s and more") % {"amount": formatting.amount(low, currency)}
        return _g("%(low)s to under %(high)s") % {
            "low": formatting.amount(low, currency),
            "high": formatting.amount(high, currency),
        }


class Flagged(admin.SimpleListFilter):
    title = _("flagged")
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("to be looked at")), ("all", _("all flagged"))]

    def queryset(self, request: HttpRequest, donations: QuerySet[Donation]) -> QuerySet[Donation]:
        if self.value() not in {"open", "all"}:
            return donations
        flagged = donations.exclude(flags="")
        return flagged.exclude(flags=F("flags_seen")) if self.value() == "open" else flagged
