"""Gifts outside Stripe: written down once, corrected only by a counter-entry, never part of the reconciliation."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.jobs import scheduler
from donations.ledger import monthly_totals, offline_donations
from donations.ledger.offline_donations import Received
from donations.models import Donation, LedgerEntry, OfflineGift, StripeRef
from donations.reporting import public_totals, reconciliation
from donations.stripe import refundable
from donations.wall import listing
from organisation.models import Organisation
from tests.donations.reporting.test_exports import exported

pytestmark = pytest.mark.django_db


def received(**changes: Any) -> Received:
    values: dict[str, Any] = {
        "form": uuid.uuid4(), "amount": 5000, "currency": "usd", "method": "cheque", "by": "tess@example.org",
        "received_on": date(2026, 3, 14), "reference": "1042", "name": "Ada", "email": "ada@example.org",
    }  # fmt: skip
    return Received(**values | changes)


def rows() -> list[tuple[str, int]]:
    return list(LedgerEntry.objects.order_by("id").values_list("kind", "amount"))


def test_a_cheque_is_a_gift_that_arrived_on_its_day() -> None:
    gift, new = offline_donations.record(received(public=True))
    assert new
    assert rows() == [("offline", 5000)]
    assert (gift.donation.status, gift.donation.public) == (Status.PENDING, True), "read before it was booked"
    gift.donation.refresh_from_db()
    assert gift.donation.status == Status.PAID
    assert timezone.localtime(gift.donation.created_at).date() == date(2026, 3, 14)
    assert listing.recent(1).rows[0].name == "Ada"


def test_the_same_page_sent_twice_is_one_gift() -> None:
    page = received()
    first, again = offline_donations.record(page), offline_donations.record(page)
    assert first[0].pk == again[0].pk
    assert (first[1], again[1]) == (True, False)
    assert rows() == [("offline", 5000)]


def test_a_wrong_record_is_struck_out_once_and_both_rows_stay() -> None:
    gift, _ = offline_donations.record(received())
    assert offline_donations.void(gift, "theo@example.org", "it bounced")
    assert not offline_donations.void(gift, "tess@example.org", "it bounced")
    assert rows() == [("offline", 5000), ("offline_reversal", -5000)]
    assert Donation.objects.get().status == Status.VOID
    assert (gift.struck_out_by, gift.why) == ("theo@example.org", "it bounced")


def test_whoever_looks_at_a_gift_that_was_struck_out_is_told_so(client: Client) -> None:
    gift, _ = offline_donations.record(received())
    offline_donations.void(gift, "tess@example.org", "it bounced")
    StripeRef.objects.create(id="cs_test_1", donation=gift.donation)
    page = client.get("/success", {"session_id": "cs_test_1"}).content.decode()
    assert "It was struck out." in page
    assert "confirming" not in page
    assert "in pencil" not in page


def test_a_record_cannot_be_struck_out_without_a_reason() -> None:
    gift, _ = offline_donations.record(received())
    with pytest.raises(IntegrityError), transaction.atomic():
        OfflineGift.objects.filter(pk=gift.pk).update(struck_out_at=timezone.now())


def test_totals_know_them_apart_and_the_public_total_follows_the_setting() -> None:
    voided, _ = offline_donations.record(received(amount=700))
    offline_donations.record(received())
    offline_donations.void(voided, "tess@example.org", "twice")
    assert monthly_totals.compare() == {}
    assert monthly_totals.rebuilt()["usd", date(2026, 3, 1)] == (0, 0, 0, 5700, 1, 0)
    assert (public_totals.stats().raised, public_totals.stats().donations) == (5000, 1)
    cache.clear()
    Organisation.objects.create(count_offline=False)
    cache.clear()
    assert (public_totals.stats().raised, public_totals.stats().donations) == (0, 0)


def test_the_proof_against_stripe_leaves_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    gift, _ = offline_donations.record(received())
    offline_donations.record(received(received_on=timezone.localdate()))
    offline_donations.void(gift, "tess@example.org", "twice")
    verdict = reconciliation.reconcile()
    assert verdict.agree
    assert (verdict.compared, verdict.young) == (0, 0)


def test_they_are_in_the_exports() -> None:
    gift, _ = offline_donations.record(received())
    offline_donations.void(gift, "tess@example.org", "twice")
    offline_donations.record(received(amount=100))
    assert [row["kept"] for row in exported("donations")[0]] == ["0.00", "1.00"]
    assert exported("donors")[0][0]["given"] == "51.00"
    assert exported("ledger")[1][0]["amount"] == "1.00"


def test_stripe_cannot_send_them_back() -> None:
    offline_donations.record(received())
    assert "came outside Stripe" in refundable.why_not(Donation.objects.get())


# --- The pages ---

LIST = "/admin/donations/offlinegift/"


@pytest.fixture
def treasurer(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {
        "amount": "50", "method": "cash", "received_on": "2026-03-14", "reference": "", "name": "Ōe 健三郎",
        "email": "oe@example.org", "message": "", "form": str(uuid.uuid4()), "_save": "Save",
    } | changes  # fmt: skip


def test_staff_records_one_and_sends_its_receipt(treasurer: Client) -> None:
    page = form()
    for _ in range(2):
        assert treasurer.post(f"{LIST}add/", page).status_code == 302
    gift = OfflineGift.objects.get()
    assert gift.recorded_by == "tess@example.org"
    assert LogEntry.objects.earliest("id").get_change_message() == "Recorded a gift outside Stripe: $50.00, cash."
    treasurer.post(f"{LIST}{gift.pk}/receipt/")
    scheduler.send_emails()
    assert mail.outbox[0].to == ["oe@example.org"]
    assert "Your $50.00 (cash) reached us on 14 March 2026" in mail.outbox[0].body


@pytest.mark.parametrize("wrong", [{"amount": "0"}, {"amount": "-1"}, {"received_on": "2999-01-01"}, {"form": "x"}])
def test_what_cannot_be_is_told(treasurer: Client, wrong: dict[str, str]) -> None:
    answer = treasurer.post(f"{LIST}add/", form(**wrong))
    assert answer.status_code == 200
    assert not rows()


@pytest.mark.parametrize("typed", ["0", "0.00", "-1", "twenty", "1e3"])
def test_a_wrong_amount_is_told_in_words(treasurer: Client, typed: str) -> None:
    errors = treasurer.post(f"{LIST}add/", form(amount=typed)).context["adminform"].form.errors
    assert errors == {"amount": ["Enter an amount, like 20 or 12.50."]}


@pytest.mark.parametrize(("typed", "amount"), [("$50", 5000), ("50,00", 5000), ("1,050.5", 105_050), ("50.-", 5000)])
def test_an_amount_is_read_as_the_treasurer_types_it(treasurer: Client, typed: str, amount: int) -> None:
    assert treasurer.post(f"{LIST}add/", form(amount=typed)).status_code == 302
    assert OfflineGift.objects.get().donation.amount == amount


def test_a_long_amount_is_told_by_its_length(treasurer: Client) -> None:
    errors = treasurer.post(f"{LIST}add/", form(amount="1" * 21)).context["adminform"].form.errors
    assert errors == {"amount": ["Ensure this value has at most 20 characters (it has 21)."]}


def test_it_can_be_read_and_struck_out_and_nothing_else(treasurer: Client) -> None:
    gift, _ = offline_donations.record(received())
    page = f"{LIST}{gift.pk}/"
    assert "1042" in treasurer.get(f"{page}change/").content.decode()
    assert treasurer.post(f"{page}change/", form()).status_code == 403
    assert treasurer.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert "counter-entry takes $50.00 out" in treasurer.get(f"{page}strike-out/").content.decode()
    assert "Say why" in treasurer.post(f"{page}strike-out/", {"why": " "}).content.decode()
    treasurer.post(f"{page}strike-out/", {"why": "it bounced"})
    assert rows() == [("offline", 5000), ("offline_reversal", -5000)]
    assert LogEntry.objects.latest("id").get_change_message() == "Struck out: it bounced"


def test_whoever_may_not_record_may_not_strike_out(client: Client, django_user_model: Any) -> None:
    gift, _ = offline_donations.record(received())
    client.force_login(django_user_model.objects.create_user("sam@example.org", "x", is_staff=True))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{gift.pk}/strike-out/", {"why": "x"}).status_code == 403
    assert client.post(f"{LIST}{gift.pk}/receipt/").status_code == 403
    assert rows() == [("offline", 5000)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("\u2800\u200b", ("", "shown")), ("Acme.com\u202e", ("Acme.com", "waiting")), ("Ada", ("Ada", "shown"))],
)
def test_a_name_that_staff_write_down_is_cleaned_and_held_as_a_donors_is(
    treasurer: Client, typed: str, kept: tuple[str, str]
) -> None:
    treasurer.post(f"{LIST}add/", form(name=typed, email="ada@b\u00fccher.example"))
    donation = OfflineGift.objects.get().donation
    assert (donation.name, donation.name_state) == kept
    assert donation.email == "ada@xn--bcher-kva.example"
