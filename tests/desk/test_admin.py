"""The admin corrects words, and never writes over what a webhook has settled meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_django
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from desk.pages import formatting
from donations.domain.status import Status
from donations.domain.updates import Payment, Refund, RefundStatus, StripeUpdate
from donations.jobs import scheduler
from donations.ledger import posting
from donations.models import Case, Donation, LedgerEntry, StripeEvent, Total
from mail.models import Mail
from tests.donations.reconciled import reconciled
from tests.donations.stripe_objects import event, session, text


@pytest.fixture
def treasurer(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    return client


def test_a_correction_writes_only_what_was_corrected(treasurer: Client, donation: Donation) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = treasurer.post(
            f"/admin/donations/donation/{donation.pk}/change/",
            {"name": "Ada", "email": "", "message": "", "notes": ""},
        )
    assert response.status_code == 302
    updates = [query["sql"] for query in queries.captured_queries if 'UPDATE "donations_donation"' in query["sql"]]
    assert len(updates) == 1
    written = updates[0].partition(" WHERE ")[0]
    assert written.partition(" SET ")[2].startswith('"name" = \'Ada\', "name_state" = \'shown\', "to_index" = ')
    assert written.count("=") == 3, "what was corrected, and that the search has to look anew; no more"
    donation.refresh_from_db()
    assert donation.name == "Ada"


def test_a_corrected_name_is_tidied_and_read_as_a_donors_is(treasurer: Client, donation: Donation) -> None:
    page = f"/admin/donations/donation/{donation.pk}/change/"
    treasurer.post(page, {"name": "\u200bAcme.com\u202e", "email": "", "message": "\u2800", "notes": ""})
    donation.refresh_from_db()
    assert (donation.name, donation.name_state, donation.message) == ("Acme.com", "waiting", "")


def test_the_ledger_can_only_be_read(treasurer: Client, donation: Donation) -> None:
    payment = Payment("pi_1", 2000, "usd")
    posting.post(StripeUpdate(at=donation.created_at, donation=donation.uuid, refs=("pi_1",), change=payment))
    entry = LedgerEntry.objects.get()
    page = f"/admin/donations/ledgerentry/{entry.pk}"
    assert treasurer.get(f"{page}/change/").status_code == 200
    assert treasurer.post(f"{page}/change/", {"amount": 1}).status_code == 403
    assert treasurer.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert treasurer.get("/admin/donations/ledgerentry/add/").status_code == 403


def test_a_failed_event_can_be_replayed(treasurer: Client, donation: Donation) -> None:
    completed = event("checkout.session.completed", session(donation))
    StripeEvent.objects.create(id=completed["id"], type=completed["type"], state="failed", body=text(completed))
    treasurer.post(
        "/admin/donations/stripeevent/", {"action": "replay", "_selected_action": completed["id"]}, follow=True
    )
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert StripeEvent.objects.get().state == StripeEvent.State.HANDLED


# --- The list ---

LIST = "/admin/donations/donation/"
Make = Callable[..., Donation]


def listed(client: Client, query: str) -> list[int]:
    return [donation.pk for donation in client.get(f"{LIST}?{query}").context["cl"].result_list]


def test_the_list_is_narrowed_by_status_amount_and_flags(treasurer: Client, make_donation: Make) -> None:
    small = make_donation(amount=999)
    middle = make_donation(amount=1000, status=Status.DISPUTED, flags="amount")
    large = make_donation(amount=100_000, flags="twice", flags_seen="twice")
    yen = make_donation(amount=100_000, currency="jpy")
    assert listed(treasurer, "status__exact=disputed") == [middle.pk]
    assert listed(treasurer, "amount=0") == [small.pk]
    assert listed(treasurer, "amount=10") == [middle.pk]
    assert listed(treasurer, "amount=1000") == [large.pk], "of the site's own currency"
    assert listed(treasurer, "flagged=open") == [middle.pk]
    assert listed(treasurer, "flagged=all") == [large.pk, middle.pk]
    everything = [yen.pk, large.pk, middle.pk, small.pk]
    for nonsense in ("amount=7", "flagged=x", "period=x", "period=2026-13"):
        assert listed(treasurer, nonsense) == everything


def test_a_period_is_a_month_or_a_year_by_the_sites_clock(
    treasurer: Client, make_donation: Make, settings: pytest_django.Settings
) -> None:
    settings.TIME_ZONE = "America/New_York"
    with timezone.override("America/New_York"):
        last_of_2025 = make_donation(created_at=datetime(2026, 1, 1, 4, 59, tzinfo=UTC))
        first_of_2026 = make_donation(created_at=datetime(2026, 1, 1, 5, 0, tzinfo=UTC))
        assert listed(treasurer, "period=2025-12") == listed(treasurer, "period=2025") == [last_of_2025.pk]
        assert listed(treasurer, "period=2026-01") == listed(treasurer, "period=2026") == [first_of_2026.pk]


def test_a_gift_is_listed_in_the_month_in_which_it_arrived(treasurer: Client, make_donation: Make) -> None:
    landed = make_donation(created_at=datetime(2026, 10, 30, tzinfo=UTC))
    begun = make_donation(created_at=datetime(2026, 10, 30, tzinfo=UTC))
    change = Payment("pi_1", 2000, "usd")
    at = datetime(2026, 11, 3, tzinfo=UTC)
    posting.post(StripeUpdate(at=at, donation=landed.uuid, refs=("pi_1",), change=change))
    assert listed(treasurer, "period=2026-10") == [begun.pk]
    assert listed(treasurer, "period=2026-11") == [landed.pk]


def test_nothing_is_counted_further_than_ten_pages_ahead(treasurer: Client, make_donation: Make) -> None:
    Donation.objects.bulk_create(Donation(amount=500, currency="usd", expires_at=timezone.now()) for _ in range(620))
    with CaptureQueriesContext(connection) as queries:
        page = treasurer.get(LIST)
    counts = [query["sql"] for query in queries.captured_queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 501" in sql for sql in counts)
    assert "more than 500 donations" in page.content.decode()
    assert "620 donations" in treasurer.get(f"{LIST}?p=5").content.decode()
    assert len(listed(treasurer, "p=13")) == 20


@pytest.mark.parametrize("page", ["0", "99999999", "x", "-1"])
def test_a_page_that_is_not_there_is_no_error(treasurer: Client, donation: Donation, page: str) -> None:
    assert treasurer.get(f"{LIST}?p={page}").status_code in {200, 302}


# --- One gift ---


def page_of(client: Client, donation: Donation) -> str:
    return str(client.get(f"{LIST}{donation.pk}/change/").content.decode())


def words() -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("id")]


def correct(client: Client, donation: Donation, **changes: str) -> None:
    client.post(f"{LIST}{donation.pk}/change/", {"name": "", "email": "", "message": "", "notes": "", **changes})


def test_corrections_are_in_the_log_in_words_and_without_what_was_erased(
    treasurer: Client, make_donation: Make
) -> None:
    gift = make_donation(name="Ada Secret", email="ada@example.org")
    correct(treasurer, gift, name="Ada", email="grace@example.org", notes="She called.", public="on")
    correct(treasurer, gift, name="Ada", email="grace@example.org", notes="She called.")
    correct(treasurer, gift, name="Ada", email="grace@example.org", notes="She called.")
    assert words() == [
        "Corrected the name. Corrected the e-mail address. Changed the private notes. Shows the name from now on.",
        "Hides the name from now on.",
        "Saved without a change.",
    ]
    gift.refresh_from_db()
    assert (gift.name, gift.notes, gift.public) == ("Ada", "She called.", False)
    assert "by tess@example.org" in page_of(treasurer, gift)


def test_a_gifts_figures_say_what_came_went_and_is_left(treasurer: Client, donation: Donation) -> None:
    payment = Payment("pi_1", 2000, "usd")
    posting.post(StripeUpdate(at=donation.created_at, donation=donation.uuid, refs=("pi_1",), change=payment))
    refund = Refund("re_1", donation.created_at, 500, "usd", RefundStatus.SUCCEEDED, True, False)
    posting.post(StripeUpdate(at=donation.created_at, refs=("re_1", "pi_1"), change=refund))
    figures = treasurer.get(f"{LIST}{donation.pk}/change/").context["figures"]
    assert figures == [
        *(("State", "partly refunded"), ("Arrived", "$20.00"), ("Went back", "$5.00"), ("Left", "$15.00")),
    ]


def test_a_flag_is_looked_at_once_and_a_new_one_asks_again(treasurer: Client, make_donation: Make) -> None:
    gift = make_donation(flags="amount")
    assert "Another amount or currency was paid" in page_of(treasurer, gift)
    seen = f"{LIST}{gift.pk}/looked-at/"
    assert treasurer.get(seen).status_code == 405
    for _click in range(2):
        treasurer.post(seen, {"flags": "amount"})
    assert words() == ["Looked at: Another amount or currency was paid than was asked for."]
    assert "I have looked at it" not in page_of(treasurer, gift)
    Donation.objects.filter(pk=gift.pk).update(flags="amount,twice")
    treasurer.post(seen, {"flags": "amount"})  # from a page that was opened before
    assert "I have looked at it" in page_of(treasurer, gift)
    assert len(words()) == 1, "nobody looked at the new one"


def test_what_donors_wrote_is_text_and_nothing_else(treasurer: Client, make_donation: Make) -> None:
    script = "<script>alert(1)</script>"
    gift = make_donation(name=script, message=script, notes=script)
    for page in (page_of(treasurer, gift), treasurer.get(LIST).content.decode()):
        assert script not in page


def test_a_dispute_has_a_page_to_work_from(
    treasurer: Client, donation: Donation, settings: pytest_django.Settings
) -> None:
    settings.STRIPE_DASHBOARD = "https://dashboard.stripe.com/test"
    dispute = Case.objects.create(
        id="dp_1", kind="dispute", donation=donation, amount=2000, currency="usd", status="needs_response",
        reason="fraudulent", opened_at=timezone.now(), as_of=timezone.now(),
        deadline=timezone.now() + timedelta(days=3, hours=1),
    )  # fmt: skip
    page = treasurer.get("/admin/donations/case/dp_1/change/").content.decode()
    for said in ("did not make this payment", "3 days left", "https://dashboard.stripe.com/test/disputes/dp_1"):
        assert said in page
    assert [case.pk for case in treasurer.get("/admin/donations/case/?due=1").context["cl"].result_list] == ["dp_1"]
    refund = Case.objects.create(
        id="re_1", kind="refund", donation=donation, amount=500, currency="usd", status="succeeded",
        opened_at=timezone.now(), as_of=timezone.now(),
    )  # fmt: skip
    assert "Refund of $5.00" in treasurer.get(f"/admin/donations/case/{refund.pk}/change/").content.decode()
    listed = treasurer.get("/admin/donations/case/").content.decode()
    assert dispute.deadline is not None
    for said in ("Answer due", "Sent back", f'<strong class="desk-day">{formatting.day(dispute.deadline)}</strong>'):
        assert said in listed
    assert "needs_response" not in listed


def test_lists_have_names_and_amounts_are_amounts(treasurer: Client, donation: Donation) -> None:
    Total.objects.create(currency="usd", month=timezone.localdate().replace(day=1), raised=398164, gifts=1)
    page = treasurer.get("/admin/donations/total/").content.decode()
    assert "<h1>Totals</h1>" in page
    assert "$3,981.64" in page
    assert "Uuid" not in treasurer.get(f"/admin/donations/donation/{donation.pk}/change/").content.decode()


# --- The log ---


def test_a_replay_and_a_letter_sent_again_are_in_the_log(treasurer: Client, donation: Donation) -> None:
    completed = event("checkout.session.completed", session(donation))
    StripeEvent.objects.create(id=completed["id"], type=completed["type"], state="failed", body=text(completed))
    StripeEvent.objects.create(id="evt_bad", type="x", state="failed", body="{}")
    for one in (completed["id"], "evt_bad"):
        treasurer.post("/admin/donations/stripeevent/", {"action": "replay", "_selected_action": one})
    Mail.objects.update(state="dead", next_at=None)
    letter = {"action": "send_again", "_selected_action": Mail.objects.get().pk}
    for _click in range(2):
        treasurer.post("/admin/mail/mail/", letter)
    assert words() == ["Replayed: handled", "Replayed, and it failed.", "Asked for it to be sent again."]
    assert "Replayed: handled" in treasurer.get("/admin/admin/logentry/").content.decode()


def test_the_log_can_only_be_read(treasurer: Client, make_donation: Make) -> None:
    correct(treasurer, make_donation(), name="Ada")
    entry = f"/admin/admin/logentry/{LogEntry.objects.get().pk}"
    assert treasurer.get(f"{entry}/change/").status_code == 200
    assert treasurer.post(f"{entry}/change/", {"change_message": "x"}).status_code == 403
    assert treasurer.post(f"{entry}/delete/", {"post": "yes"}).status_code == 403


# --- The front page ---


def test_the_front_page_says_how_things_stand(treasurer: Client, donation: Donation) -> None:
    assert "have not been compared" in treasurer.get("/admin/").content.decode()
    scheduler.store_result(scheduler.RECONCILE, reconciled(0))
    page = treasurer.get("/admin/").content.decode()
    assert "The books agree with Stripe’s to the cent as of" in page
    assert "Nothing waits for you." in page
    scheduler.store_result(scheduler.RECONCILE, reconciled(1))
    assert "found 1 entry that differs" in treasurer.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "page", ["ledgerentry", "balancetransaction", "total", "chore", "stripeevent", "striperef", "case", "donation"]
)
def test_every_list_can_be_searched_and_opened(treasurer: Client, donation: Donation, page: str) -> None:
    for query in ("", "?q=pi_1", "?o=1"):
        assert treasurer.get(f"/admin/donations/{page}/{query}").status_code == 200
