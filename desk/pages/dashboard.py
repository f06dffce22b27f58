"""The desk's front page, made ready to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.auth.models import PermissionsMixin
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.pages import chart, dispute_page, formatting, reconciliation_status, recurring, tasks
from donations.reporting import period_figures
from donations.reporting.period_figures import ByMonth, Figures
from donations.shield import declines
from lib.dates import months, months_before

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A month or a year in words; `period` narrows the list of donations to it."""

    name: str
    period: str
    gifts: int
    gross: str
    refunds: str
    disputes: str
    payment_fees: str
    refund_fees: str
    dispute_fees: str
    other_fees: str
    fees: str
    net: str
    outside: str
    reached: str
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class CurrencyBook:
    """What moved in one currency."""

    currency: str
    periods: list[Line]
    months: list[Line]
    chart: chart.Chart
    marks: list[tuple[int, str]]


# What the treasurer comes for: words, page, and the permission that it takes.
ACTIONS = (
    (gettext_lazy("Record a gift outside Stripe"), "admin:donations_offlinegift_add", "donations.add_offlinegift"),
    (gettext_lazy("Gifts that come again"), recurring.LIST, "donations.view_subscription"),
    (gettext_lazy("Export"), "admin:donations_donation_export", "donations.export_donations"),
    (gettext_lazy("Erase a donor"), "admin:donations_donation_erase", "donations.erase_donor"),
    (gettext_lazy("How the site is"), "admin:donations_chore_doctor", "donations.view_chore"),
)


@dataclass(frozen=True, slots=True)
class Dashboard:
    doings: list[tuple[str, str]]
    tasks: list[tasks.Task]
    proof: reconciliation_status.ReconciliationStatus | None
    declines: declines.Declines | None
    disputes: list[dispute_page.Line]
    books: list[CurrencyBook]
    recurring: recurring.Section | None


def of(user: PermissionsMixin) -> Dashboard:
    """What this person may see of how things stand."""
    money = user.has_perm("donations.view_total")
    return Dashboard(
        doings=actions(user),
        tasks=tasks.for_user(user),
        proof=reconciliation_status.latest() if money else None,
        declines=declines.recent() if user.has_perm("donations.view_stripeevent") else None,
        disputes=dispute_page.lines(tasks.open_disputes()) if user.has_perm("donations.view_case") else [],
        books=books() if money else [],
        recurring=recurring.section() if money and user.has_perm("donations.view_subscription") else None,
    )


def actions(user: PermissionsMixin) -> list[tuple[str, str]]:
    """Words and address of the pages that do something, as far as this person may use them."""
    return [(str(words), reverse(page)) for words, page, permission in ACTIONS if user.has_perm(permission)]


def books() -> list[CurrencyBook]:
    """The site's own currency first, and always; others if anything moved in them."""
    this = timezone.localdate().replace(day=1)
    first = min(date(this.year - 1, 1, 1), months_before(this, 2 * MONTHS - 1))
    found = period_figures.by_month(first, this)
    ours = settings.DONATION_CURRENCY
    return [_book(currency, found.get(currency, {}), this) for currency in [ours, *sorted(found.keys() - {ours})]]


def _book(currency: str, by_month: ByMonth, this: date) -> CurrencyBook:
    last, year = months_before(this), this.year
    spans = [
        (_("%(month)s so far") % {"month": _month(this)}, f"{this:%Y-%m}", this, this),
        (_month(last), f"{last:%Y-%m}", last, last),
        (_("%(year)s so far") % {"year": year}, str(year), date(year, 1, 1), this),
        (str(year - 1), str(year - 1), date(year - 1, 1, 1), date(year - 1, 12, 1)),
    ]
    periods = [_line(currency, name, period, period_figures.summed(by_month, *span)) for name, period, *span in spans]
    shown_months = months(months_before(this, MONTHS - 1), this)
    known = min(by_month, default=this)
    columns = []
    lines = []
    for month in shown_months:
        before = months_before(month, 12)
        earlier = by_month.get(before, Figures()).net if before >= known else None
        figures = by_month.get(month, Figures())
        columns.append((format_date(month, "M"), figures.net, earlier))
        lines.append(_line(currency, _month(month), f"{month:%Y-%m}", figures, earlier))
    drawn = chart.chart(columns, lambda minor: formatting.rounded(minor, currency))
    marks = [(y, formatting.short(minor, currency)) for y, minor in drawn.marks]
    return CurrencyBook(currency.upper(), periods, lines, drawn, marks)


def _line(currency: str, name: str, period: str, figures: Figures, earlier: int | None = None) -> Line:
    def shown(minor: int) -> str:
        return formatting.amount(minor, currency)

    return Line(
        name,
        period,
        figures.all_gifts,
        shown(figures.gross),
        shown(-figures.refunds),
        shown(-figures.disputes),
        shown(-figures.fees.payments),
        shown(-figures.fees.refunds),
        shown(-figures.fees.disputes),
        shown(-figures.fees.other),
        shown(-figures.fees.total),
        shown(figures.net),
        shown(figures.outside),
        shown(figures.reached),
        "" if earlier is None else shown(earlier),
    )


def _month(first: date) -> str:
    return format_date(first, _("F Y"))
