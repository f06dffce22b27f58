"""A whole year in yen, in dinar and in euro with a German site: every page agrees, and writes its money rightly."""

from __future__ import annotations

import html
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation

from demo import story, writing
from demo.story import Gift
from desk.pages import dashboard
from donations.donors import emails, ownership
from donations.ledger import monthly_totals
from donations.ledger.donor_emails import EmailKind
from donations.models import Case, Donation, LedgerEntry, Level, Receipt, sums_of
from donations.reporting import export_shape, exports, period_figures, public_totals, reconciliation
from lib import money
from lib.web import kept_page
from mail.outbox import Email
from organisation.models import Organisation
from tests.donations import histories

pytestmark = pytest.mark.django_db(databases=["default", "sandbox"])

ADA = "ada@example.org"
# Currency and language -> an amount, how it is written there, and what no amount may look like.
LOOKS = {
    ("jpy", "en"): (1_000, "¥1,000", r"\d\.\d"),
    ("kwd", "en"): (1_000_500, "KWD 1,000.500", r"\d\.\d{1,2}(?!\d)|\d\.\d{4}"),
    ("eur", "de"): (100_050, "1.000,50 €", r"\d\.\d{1,2}(?!\d)|\d,\d(?!\d)|\d,\d{3}"),
}
# The same on the desk, which is written in English.
WRONG_ON_THE_DESK = {
    "jpy": LOOKS["jpy", "en"][2], "kwd": LOOKS["kwd", "en"][2], "eur": r"\d,\d{1,2}(?!\d)|\d\.\d(?!\d)|\d\.\d{3}",
}  # fmt: skip
# Days, percents and sizes of files are no amounts.
OTHERWISE = r"\b\d{1,2}\.\d{1,2}\.(\d{2,4})?(?!\d)|\d+([.,]\d+)?\s?(%|MB|KB)"
PUBLIC = ("/", "/donate", "/donate?amount=1000", "/sponsors", "/sponsors/lately", "/sponsors/teapots", "/cancel")
STAFF = (
    *("/admin/", "/admin/donations/donation/", "/admin/donations/donation/export/", "/admin/donations/ledgerentry/"),
    *("/admin/donations/total/", "/admin/donations/balancetransaction/"),
    *("/admin/donations/level/", "/admin/donations/case/", "/admin/donations/offlinegift/"),
    *("/admin/donations/offlinegift/add/", "/admin/organisation/organisation/1/change/"),
)
DONOR = ("/account", "/account/statement", "/account/data")
OF_ENTRY = {"payment": EmailKind.PAID, "refund": EmailKind.REFUNDED, "offline": EmailKind.OFFLINE}


@pytest.fixture(params=LOOKS, ids="-".join)
def year(request: pytest.FixtureRequest, settings: Any, django_user_model: Any) -> Iterator[tuple[str, str]]:
    currency, language = request.param
    settings.DONATION_CURRENCY, settings.LANGUAGE_CODE = currency, language
    settings.DONATION_AMOUNTS = [money.dollars(amount, currency) for amount in (5, 10, 20, 50, 100)]
    settings.DONATION_MIN, settings.DONATION_MAX = money.dollars(1, currency), money.dollars(10_000, currency)
    settings.DONATION_DEFAULT_AMOUNT = money.dollars(20, currency)
    Level.objects.all().delete()
    Level.objects.create(name="Teapots", threshold=money.dollars(1000, currency))
    Level.objects.create(name="Cups", threshold=0)
    Organisation.objects.create(
        goal_amount=money.dollars(20_000, currency), card_fee_percent=3, card_fee_fixed=money.dollars(1, currency) // 2
    )
    with translation.override(language), histories.stripe_in_process():
        writing.write(short_year(), random.Random(7))
        refunded = LedgerEntry.objects.filter(kind="refund")[0].donation
        Donation.objects.filter(email=refunded.email).update(email=ADA)
        user = django_user_model.objects.create_user(email=ADA, password="a long password")
        ownership.attach_guest_donations(user.pk, ADA)
        cache.clear()
        kept_page.forget()
        yield currency, language


def short_year() -> list[Gift]:
    """Some gifts of each month, each fate there is, and one of more than a thousand."""
    now = timezone.localtime()
    seen: Counter[tuple[str, int]] = Counter()
    kept = []
    for gift in story.gifts(random.Random(7), now - timedelta(days=365), now):
        seen[gift.fate, gift.at.month] += 1
        if seen[gift.fate, gift.at.month] <= (3 if gift.fate == "paid" else 1):
            kept.append(gift)
    large = Gift(now - timedelta(days=40), 123_450, kept[0].person, "", "paid")
    return sorted([*kept, large], key=lambda gift: gift.at)


def test_a_whole_year_agrees_and_is_written_rightly(
    year: tuple[str, str], client: Client, admin_client: Client, django_user_model: Any
) -> None:
    """In one test, for it takes seconds to write a year down."""
    every_page_and_file_agrees(year[0], client)
    donor = Client()
    donor.force_login(django_user_model.objects.get(email=ADA))
    no_page_and_no_letter_has_a_wrong_number_of_decimals(year, client, donor, admin_client)


def every_page_and_file_agrees(currency: str, client: Client) -> None:
    raised = public_totals.stats().raised
    assert raised == sum(LedgerEntry.objects.values_list("amount", flat=True)) > 0
    assert monthly_totals.compare() == {}
    result = reconciliation.reconcile()
    assert (result.agree, result.compared > 40) == (True, True)
    assert client.get("/api/stats/").json()["raised"] == money.plain(raised, currency)

    today = timezone.localdate()
    found = period_figures.of_period(None, None)[currency]
    together = period_figures.summed(found, min(found), today)
    assert together.raised == raised
    for name, column in (("donations", "kept"), ("donors", "kept"), ("ledger", "amount")):
        assert sum(cells[column] for cells in exported(name)) == raised, name
    assert sum(cells["net"] for cells in exported("months")) == together.net
    assert sum(cells["net"] for cells in exported("accounting") if cells["ours"]) == together.net
    (desk,) = dashboard.books()
    month = period_figures.of_month(today.replace(day=1))[currency]
    assert desk.periods[0].net == money.display(month.net, currency)
    assert desk.periods[2].reached == money.display(
        period_figures.summed(found, today.replace(month=1, day=1), today).reached, currency
    )


def exported(name: str) -> list[dict[str, Any]]:
    export = exports.EXPORTS[name]
    return [dict(zip(export.columns, row, strict=True)) for row in export.rows(export_shape.Period())]


def no_page_and_no_letter_has_a_wrong_number_of_decimals(
    year: tuple[str, str], client: Client, donor: Client, admin_client: Client
) -> None:
    currency, language = year
    amount, written, wrong = LOOKS[year]
    assert money.display(amount, currency, language).replace("\xa0", " ") == written
    mine = Donation.objects.filter(email=ADA)
    receipts = [f"/receipts/{each.number}" for each in Receipt.objects.filter(entry__donation__in=mine)]
    slips = [f"/success?session_id={gift.session_id}" for gift in one_of_each_fate() if gift.session_id]
    gifts = [f"/admin/donations/donation/{gift.pk}/change/" for gift in one_of_each_fate()]
    cases = [f"/admin/donations/case/{case.pk}/change/" for case in Case.objects.filter(kind="dispute")[:2]]
    seen = 0
    for who, unseemly, addresses in (
        (client, wrong, [*PUBLIC, *slips]),
        (donor, wrong, [*DONOR, *receipts, *slips]),
        (
            admin_client,
            WRONG_ON_THE_DESK[currency],
            [*STAFF, *gifts, *cases, f"/admin/donations/donation/{gift_paid().pk}/refund/"],
        ),
    ):
        for address in addresses:
            answer = who.get(address, headers={"Accept-Language": language})
            assert answer.status_code == 200, address
            told = words(answer.content.decode())
            assert not re.search(unseemly, told), (address, re.findall(rf".{{30}}(?:{unseemly}).{{10}}", told))
            seen += bool(re.search(r"[¥€]|KWD", told))
    assert seen > 20, "most of these pages show an amount"
    for entry in LedgerEntry.objects.filter(kind__in=OF_ENTRY, donation__in=one_of_each_fate()):
        letter = emails.compose(OF_ENTRY[entry.kind], entry.source)
        if isinstance(letter, Email):
            told = re.sub(OTHERWISE, "", f"{letter.subject} {letter.text}")
            assert not re.search(wrong, told), (entry.kind, told)
    mine_sums = [sums_of(gift).left for gift in mine]
    assert sum(mine_sums) == sum(LedgerEntry.objects.filter(donation__in=mine).values_list("amount", flat=True))


def one_of_each_fate() -> list[Donation]:
    fates = Donation.objects.order_by().values_list("status", flat=True).distinct()
    return [Donation.objects.filter(status=fate).order_by("pk")[0] for fate in fates]


def gift_paid() -> Donation:
    return Donation.objects.filter(status="paid", offline__isnull=True).order_by("pk")[0]


def words(page: str) -> str:
    """What a page says and its fields hold, without what is no amount."""
    page = re.sub(r"(?s)<(script|style|svg|time)\b.*?</\1>|<(link|meta)[^>]*>", " ", page)
    values = " ".join(re.findall(r'<input[^>]*inputmode="decimal"[^>]*value="([^"]*)"', page))
    return re.sub(OTHERWISE, " ", html.unescape(re.sub(r"<[^>]*>", " ", page)) + values)
