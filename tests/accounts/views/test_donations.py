"""A donor's own book, and that it is nobody else's."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.core import signing
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from donations.domain.updates import Checkout, StripeUpdate
from donations.donors import erasure, ownership, receipts
from donations.ledger import offline_donations, posting
from donations.models import Donation, OfflineGift, Receipt
from organisation.models import Organisation
from tests.accounts.conftest import ALICE, NOON, PASSWORD, Give, member, paid, refunded
from tests.donations.donors.monthly.conftest import gives_monthly, tell  # noqa: F401  (a fixture)
from tests.donations.subscription_objects import invoice

pytestmark = pytest.mark.django_db
SANDBOX = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
LAST_YEAR = datetime(2025, 12, 31, 12, tzinfo=UTC)


@pytest.fixture
def her(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page(client: Client, path: str = "/account", **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def table(client: Client, **query: str) -> str:
    return page(client, **query).partition('id="gifts"')[2].partition("</table>")[0]


def number_of(donation: Donation) -> int:
    return Receipt.objects.get(entry__donation=donation).number


def test_a_statement_of_a_period_that_is_not_over_says_so(her: Client, alice: User, give: Give) -> None:
    today = timezone.localdate()
    give(user=alice, at=timezone.now())
    give(user=alice, at=LAST_YEAR)
    for last, said in ((today, True), (date(today.year, 12, 31), True), (today - timedelta(days=1), False)):
        text = page(her, "/account/statement", first="2025-01-01", last=f"{last}")
        assert ("Not over yet: anything that comes later is not in this statement." in text) == said, last
        assert ("Given in this period until " in text) == said, last
    assert "Not over yet" in page(her, "/account/statement"), "the running year is what it begins with"


def test_the_sum_of_the_running_year_is_told_as_so_far(her: Client, alice: User, give: Give) -> None:
    year = timezone.localdate().year
    give(user=alice, at=timezone.now())
    give(user=alice, at=LAST_YEAR)
    assert f"{year} so far" in page(her)
    assert f"Given in {year} so far" in table(her, year=str(year))
    assert "so far" not in table(her, year="2025")


# --- The account ------------------------------------------------------------------------------------------------------


def test_every_gift_is_shown_with_its_true_state(her, alice, give: Give):
    give(user=alice, amount=1100)
    refunded(give(user=alice, amount=1200), 200)
    refunded(give(user=alice, amount=1300))
    give(user=alice, amount=1400, arrived=False)
    waiting = give(user=alice, amount=1500, arrived=False)
    posting.post(StripeUpdate(at=NOON, donation=waiting.uuid, refs=("cs_1",), checkout=Checkout.COMPLETE))
    failed = give(user=alice, amount=1600, arrived=False)
    posting.post(StripeUpdate(at=NOON, donation=failed.uuid, refs=("cs_2",), settling_failed=True))
    text = page(her)
    for amount, words in (
        ("$12.00", "In the book, partly refunded"),
        ("$13.00", "Refunded"),
        ("$14.00", "Not paid yet"),
        ("$15.00", "In pencil, with your bank"),
        ("$16.00", "Turned down, nothing taken"),
    ):
        row = next(row for row in text.split("<tr>") if amount in row and "tag" in row)
        assert words in row, (amount, words)
    plain = next(row for row in text.split("<tr>") if "$11.00" in row and "Gift" in row)
    assert "tag" not in plain, "what is plainly in the book is not said of every gift"
    assert "($2.00)" in text
    assert "($13.00)" in text


def test_totals_by_year_count_what_stayed(her, alice, give: Give):
    give(user=alice, amount=1000)
    refunded(give(user=alice, amount=5000), 1500)
    give(user=alice, amount=700, at=LAST_YEAR)
    give(user=alice, amount=9900, arrived=False)
    text = " ".join(page(her).split())
    assert '<dt> 2026 so far </dt> <dd class="number"> $45.00 <svg' in text
    assert '<dt> 2025 </dt> <dd class="number"> $7.00 <svg' in text
    assert [int(width) for width in re.findall(r'<rect width="(\d+)"', text)] == [100, 15], "per cent of the best year"


def test_all_years_end_in_one_sum(her, alice, give: Give):
    give(user=alice, amount=1000)
    give(user=alice, amount=700, at=LAST_YEAR)
    give(user=alice, amount=500, currency="eur", at=LAST_YEAR)
    foot = table(her).split("<tfoot>")[1]
    assert ("Given in all" in foot, "$17.00" in foot, "€5.00" in foot) == (True, True, True)
    assert "Given in all" not in table(her, state="pencil"), "a sum of some of the gifts would be taken for all"


def test_a_year_in_which_all_went_back_has_no_bar(her, alice, give: Give):
    refunded(give(user=alice, amount=1300))
    assert '<rect width="0"' in " ".join(page(her).split())


def test_a_gift_says_whether_it_is_shown(her, alice, give: Give):
    gift = give(user=alice)
    assert "Not shown · change" in table(her)
    Donation.objects.filter(pk=gift.pk).update(public=True)
    assert "Not shown · change" not in table(her)
    assert "Shown · change" in table(her)


def test_currencies_are_never_added(her, alice, give: Give):
    give(user=alice, amount=1000)
    give(user=alice, amount=1000, currency="eur")
    text = page(her)
    assert "$10.00" in text
    assert "€10.00" in text
    assert "20.00" not in text


def test_filters_have_an_address_and_answer_htmx_with_the_part(her, alice, give: Give):
    give(user=alice, amount=1100)
    give(user=alice, amount=700, at=LAST_YEAR)
    give(user=alice, amount=1600, arrived=False)
    old, waiting = table(her, year="2025"), table(her, state="pencil")
    assert "$7.00" in old
    assert "$11.00" not in old
    assert "$16.00" in waiting
    assert "$11.00" not in waiting
    part = her.get("/account?year=2025", headers={"HX-Request": "true"})
    assert "HX-Request" in part["Vary"]
    assert part.content.decode().lstrip().startswith('<div id="gifts"')


def test_a_filter_after_the_session_has_ended_leads_to_the_login_and_back(client, alice):
    path = "/account?year=2026&state=book"
    answer = client.get(path, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    way = answer["HX-Redirect"]
    assert way == "/login?next=%2Faccount%3Fyear%3D2026%26state%3Dbook"
    signed_in = client.post(way, {"email": ALICE, "password": PASSWORD})
    assert signed_in["Location"] == path


@pytest.mark.parametrize("query", ["year=x", "year=99999", "year=1", "state=evil", "page=0", "page=x", "year=٢٠٢٥"])
def test_a_filter_that_is_none_shows_all(her, alice, give: Give, query):
    give(user=alice, amount=1100)
    assert "$11.00" in her.get(f"/account?{query}").content.decode()


def test_many_gifts_come_in_pages(her, alice, give: Give):
    for _ in range(51):
        give(user=alice, arrived=False)
    assert "page=2" in page(her)
    assert page(her, page="2").count("$20.00") == 1


def test_a_gift_made_as_a_guest_after_the_address_was_verified_appears(her, give: Give):
    give(email=ALICE, amount=4300)
    assert "$43.00" in page(her)


def test_an_unverified_address_shows_no_gift_of_a_guest(client, give: Give):
    give(email=ALICE, amount=4300)
    client.force_login(member(verified_at=None, is_staff=False))
    assert "$43.00" not in page(client)


def test_nobody_sees_anothers_gifts(her, give: Give):
    give(user=member("bob@example.org"), email="bob@example.org", name="Bob", message="for Bob", amount=4321)
    for path in ("/account", "/account/statement", "/account/data/my-data.json", "/account/data/my-gifts.csv"):
        text = page(her, path)
        assert "Bob" not in text
        assert "bob@" not in text
        assert "43.21" not in text


# --- Statements -------------------------------------------------------------------------------------------------------


def test_a_statement_holds_what_moved_between_two_days(her, alice, give: Give, settings):
    settings.TIME_ZONE = "UTC"
    Organisation.objects.create(name="Saltmarsh", address="1 Quay", receipt_text="Charity 12345")
    first, last = datetime(2026, 3, 1, 0, 0, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    give(user=alice, amount=1100, at=first)
    give(user=alice, amount=1200, at=last)
    give(user=alice, amount=5500, at=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    give(user=alice, amount=6600, at=datetime(2026, 4, 1, tzinfo=UTC))
    text = page(her, "/account/statement", first="2026-03-01", last="2026-03-31")
    assert "$23.00" in text
    assert "$55.00" not in text
    assert "$66.00" not in text
    for words in ("Saltmarsh", "1 Quay", "Charity 12345", "Alice", ALICE):
        assert words in text


def test_a_statement_holds_every_charge_of_what_comes_again_and_says_how_often(her, alice, gives_monthly):  # noqa: F811
    one = gives_monthly(ALICE, alice)
    now = int(timezone.now().timestamp())
    tell(invoice(one.first, 1, created=now, payment="pi_renewal"))
    text = page(her, "/account/statement")
    assert text.count("every month") == 2
    assert "$40.00" in text
    assert table(her).count("every month") == 2


def test_the_account_shows_what_comes_again_before_all_else(her, alice, gives_monthly):  # noqa: F811
    one = gives_monthly(ALICE, alice)
    text = page(her)
    assert 0 < text.index(f"/monthly/{one.uuid}") < text.index('id="gifts"')


@pytest.mark.parametrize(
    ("first", "last"), [("2026-12-31", "2026-01-01"), ("x", "2026-01-01"), ("0001-01-01", "9999-12-31"), ("", "")]
)
def test_a_period_that_is_none_is_refused_in_words(her, first, last):
    response = her.get("/account/statement", {"first": first, "last": last})
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()


def test_a_statement_of_nothing_says_so(her):
    assert "No money moved" in page(her, "/account/statement")


# --- Receipts ---------------------------------------------------------------------------------------------------------


def test_a_receipt_says_what_the_law_asks_for(her, alice, give: Give):
    Organisation.objects.create(
        name="Saltmarsh", address="1 Quay\nLowtide", registration_number="R-77", receipt_text="Charity 12345"
    )
    gift = give(user=alice, amount=2500, email=ALICE, name="Ada")
    text = page(her, f"/receipts/{number_of(gift)}")
    for words in (
        f"Donation receipt {number_of(gift)}",
        "R-77",
        "$25.00",
        "22",
        "2026",
        "Ada",
        ALICE,
        "Saltmarsh",
        "Lowtide",
        "12345",
    ):
        assert words in text
    assert "Void" not in text


def test_a_receipt_is_marked_when_the_gift_went_back(her, alice, give: Give):
    whole, part = give(user=alice), give(user=alice)
    refunded(whole)
    refunded(part, 500)
    assert "Void." in page(her, f"/receipts/{number_of(whole)}")
    text = page(her, f"/receipts/{number_of(part)}")
    assert "$5.00 of this gift was refunded. $15.00 remains." in text
    assert "Void" not in text


def cheque(**fields: Any) -> OfflineGift:
    """A gift outside Stripe, of twenty dollars."""
    values: dict[str, Any] = {"form": uuid4(), "amount": 2000, "currency": "usd", "method": "cheque", "by": "root"}
    return offline_donations.record(
        offline_donations.Received(**(values | {"received_on": date(2026, 3, 1)} | fields))
    )[0]


def test_a_gift_outside_stripe_is_a_gift_like_any_other(her, alice):
    gift = cheque(email=ALICE)
    text = table(her)
    number = number_of(gift.donation)
    assert text.split("<tfoot>")[0].count("$20.00") == 1
    assert (f"/receipts/{number}" in text, "1 Mar 2026" in text, 'class="tag' in text) == (True, True, False)
    receipt = page(her, f"/receipts/{number}")
    assert ("$20.00" in receipt, "cheque" in receipt) == (True, True)
    (line,) = csv.DictReader(her.get("/account/data/my-gifts.csv").content.decode("utf-8-sig").splitlines())
    assert (line["returned"], line["receipts"]) == ("0.00", str(number))


def test_a_gift_outside_stripe_that_was_struck_out_is_void(her, alice):
    gift = cheque(email=ALICE)
    offline_donations.void(gift, "root", "It was Bob's.")
    text = table(her)
    assert "Struck out" in text
    assert "($20.00)" in text
    assert "Struck out" in table(her, state="void")
    assert "Void." in page(her, f"/receipts/{number_of(gift.donation)}")


def test_who_may_read_a_receipt(alice, give: Give, django_user_model):
    gift = give(user=alice, email=ALICE)
    path = f"/receipts/{number_of(gift)}"

    def status(user: User | None) -> int:
        client = Client()
        if user:
            client.force_login(user)
        return client.get(path).status_code

    assert status(alice) == 200
    assert status(member("bob@example.org")) == 404
    assert status(User.objects.create_user("clerk@example.org", is_staff=True)) == 404
    assert status(User.objects.create_superuser("root@example.org")) == 200
    assert status(None) == 302


def test_the_browser_that_made_the_gift_may_read_its_receipt(client, give: Give):
    mine, other = give(name="Ada"), give(name="Bob")
    client.cookies["gifts"] = signing.dumps([mine.uuid.hex], salt=ownership.SALT)
    assert "Ada" in page(client, f"/receipts/{number_of(mine)}")
    assert client.get(f"/receipts/{number_of(other)}").status_code == 302


def test_a_gift_that_joined_an_account_is_not_the_browsers_any_more_that_typed_the_address(client, alice, give: Give):
    """Anybody may give with Alice's address. He must not learn her name by it, nor speak for her on the wall."""
    gift = give(arrived=False, email=ALICE)
    paid(gift, refs=("cs_test_1", f"pi_{gift.uuid.hex}"), session="cs_test_1", email=ALICE)
    client.cookies["gifts"] = signing.dumps([gift.uuid.hex], salt=ownership.SALT)
    assert client.get(f"/receipts/{number_of(gift)}").status_code == 200
    her = Client()
    her.force_login(alice)
    her.get("/account")
    gift.refresh_from_db()
    assert gift.user == alice
    receipt = client.get(f"/receipts/{number_of(gift)}")
    assert (receipt.status_code, b"Alice" in receipt.content) == (302, False)
    assert 'name="message"' not in page(client, "/success", session_id="cs_test_1")
    words = {"name": "Mallory", "message": "x", "public": "on"}
    assert client.post("/success?session_id=cs_test_1", words).status_code == 404
    gift.refresh_from_db()
    assert (gift.name, gift.public) == ("", False)
    assert "Alice" in page(her, f"/receipts/{number_of(gift)}")


def test_the_link_of_the_letter_opens_this_receipt_alone_on_any_device(give: Give):
    one, other = give(name="Ada", email="ada@example.org"), give(name="Bob")
    path, _, key = receipts.link(number_of(one), one).removeprefix("http://localhost:8000").partition("?key=")
    response = Client().get(path, {"key": unquote(key)})
    text = response.content.decode()
    assert ("Donation receipt" in text, "Ada" in text, "noindex" in text) == (True, True, True)
    assert (response["Referrer-Policy"], "no-store" in response["Cache-Control"]) == ("no-referrer", True)
    for number, tried in ((number_of(other), unquote(key)), (number_of(one), "x"), (999, unquote(key))):
        refused = Client().get(f"/receipts/{number}", {"key": tried})
        assert (refused.status_code, "Bob" in refused.content.decode()) == (404, False)
        assert "copy all of it" in refused.content.decode()


def test_the_link_of_an_erased_donor_shows_nothing_of_the_person(give: Give):
    gift = give(name="Ada", email="ada@example.org")
    link = receipts.link(number_of(gift), gift)
    erasure.forget(Q(pk=gift.pk), {"ada@example.org"})
    text = page(Client(), link.removeprefix("http://localhost:8000"))
    assert "erased donor" in text
    assert "Ada" not in text
    assert "ada@" not in text


def test_staff_read_a_receipt_after_their_second_step(client, give: Give, settings):
    settings.STAFF_TWO_FACTOR = True
    path = f"/receipts/{number_of(give(name='Ada'))}"
    root = User.objects.create_superuser("root@example.org")
    client.force_login(root)
    assert client.get(path).status_code == 404
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.create(user=root, confirmed=True).persistent_id
    session.save()
    assert "Ada" in page(client, path)


def test_a_number_that_does_not_exist_is_answered_like_anothers(client, alice, give: Give):
    other = give()
    for path in (f"/receipts/{number_of(other)}", "/receipts/999", "/receipts/999999999999999"):
        assert client.get(path)["Location"] == f"/login?next={path}"
    client.force_login(alice)
    bodies = {client.get(path).content for path in (f"/receipts/{number_of(other)}", "/receipts/999")}
    assert len(bodies) == 1


def test_the_success_page_names_the_receipt(client, give: Give):
    gift = give(arrived=False)
    paid(gift, refs=("cs_test_1", f"pi_{gift.uuid.hex}"), session="cs_test_1")
    text = " ".join(page(client, "/success", session_id="cs_test_1").split())
    assert f'<dt>Receipt</dt> <dd class="number"> {number_of(gift)} </dd>' in text


# --- What is shown of a gift ------------------------------------------------------------------------------------------


def test_a_gift_is_made_public_and_anonymous_again(her, alice, give: Give):
    gift = give(user=alice, name="Ada", message="Go on!", public=True)
    path = f"/account/gifts/{gift.uuid}"
    assert "Go on!" in page(her, path)
    her.post(path, {"name": "Ada", "message": ""})
    gift.refresh_from_db()
    assert (gift.public, gift.message) == (False, "")
    her.post(path, {"name": "Ada L.", "message": "Go on, please!", "public": "on"})
    gift.refresh_from_db()
    assert (gift.public, gift.name, gift.message) == (True, "Ada L.", "Go on, please!")


def test_nobody_changes_anothers_gift(her, give: Give):
    gift = give(user=member("bob@example.org"), name="Bob")
    for send in (her.get, her.post):
        assert send(f"/account/gifts/{gift.uuid}", {"name": "Mallory", "public": "on"}).status_code == 404
    gift.refresh_from_db()
    assert (gift.name, gift.public) == ("Bob", False)


def test_too_many_words_are_refused(her, alice, give: Give):
    gift = give(user=alice)
    assert her.post(f"/account/gifts/{gift.uuid}", {"message": "x" * 201}).status_code == 422


# --- Giving while signed in -------------------------------------------------------------------------------------------


@SANDBOX
def test_a_gift_of_a_signed_in_donor_is_theirs_at_once_and_stripe_knows_the_address(her, alice, stripe):
    answer = her.post("/donate", {"amount": "20", "token": "t" * 20})
    assert answer.status_code == 303
    gift = Donation.objects.get()
    assert (gift.user, gift.email, gift.name, gift.public) == (alice, ALICE, "Alice", False)
    assert ALICE in her.get(answer["Location"].partition("testserver")[2] or answer["Location"]).content.decode()


@SANDBOX
def test_the_next_person_at_this_browser_gets_a_gift_of_their_own(her, alice, stripe):
    form = {"amount": "20", "token": "t" * 20}
    first = her.post("/donate", form)["Location"]
    her.force_login(member("bob@example.org"))
    assert her.post("/donate", form)["Location"] != first
    assert sorted(Donation.objects.values_list("user__email", flat=True)) == [ALICE, "bob@example.org"]


def test_who_waits_to_be_read_is_told_so_on_the_gifts_page(client, give: Give):
    user = member()
    gift = give(user=user, name="acme.com", name_state="waiting", public=True)
    client.force_login(user)
    page = f"/account/gifts/{gift.uuid}"
    assert "until we’ve read your name" in client.get(page).content.decode()
    Donation.objects.update(name_state="refused")
    assert "we don’t show the name" in client.get(page).content.decode()
    Donation.objects.update(name_state="shown")
    assert "Someone” on the wall" not in client.get(page).content.decode()
