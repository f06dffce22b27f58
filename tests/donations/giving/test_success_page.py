"""The page that tells the truth about a donation, over the real SDK and the sandbox."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.models import Donation
from organisation.models import Organisation
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.giving.donor import HTMX, SANDBOX, Post, give, page, pay
from tests.donations.stripe_objects import event, refund


def test_a_paid_gift_is_celebrated(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    response = page(client, given)
    assert response.status_code == 200
    text = response.content.decode()
    assert "Thank you" in text
    assert "$20.00" in text
    assert "no-store" in response["Cache-Control"]


def test_what_arrived_is_shown_not_what_was_asked(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event, amount_total=2500)
    assert "$25.00" in page(client, given).content.decode()


def test_what_went_back_of_a_gift_is_said(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    post_event(event("refund.created", refund(given, amount=550)))
    text = " ".join(page(client, given).content.decode().split())
    assert "Your $20 arrived. $5.50 of it went back" in text


@pytest.mark.parametrize(("days", "words"), [(1, "is on its way to your card"), (30, "$20 went back on ")])
def test_a_refund_is_on_its_way_only_for_as_long_as_banks_take(
    client: Client, given: Donation, post_event: Post, days: int, words: str
) -> None:
    pay(given, post_event)
    made = int((timezone.now() - timedelta(days=days)).timestamp())
    post_event(event("refund.created", refund(given, amount=2000, created=made)))
    assert words in " ".join(page(client, given).content.decode().split())


def test_after_the_thanks_come_the_receipt_the_way_back_and_last_another_gift(
    client: Client, given: Donation, post_event: Post
) -> None:
    Organisation(name="Ada's Gauges").save()
    pay(given, post_event)
    text = page(client, given).content.decode()
    order = [
        "Thank you",
        "/receipts/",
        "Back to Ada",
        "May we show your name",
        "wa.me",
        "/register?email=ada%40",
        "Donate again",
    ]
    assert sorted(order, key=text.index) == order
    assert "I%20donated%20to%20Ada%27s%20Gauges" in text
    assert 'value="ada@example.org"' in client.get("/register?email=ada%40example.org").content.decode()
    stranger = page(Client(), given).content.decode()
    assert ("/receipts/" in stranger, "/register?email" in stranger) == (False, False)


def test_the_card_fee_comes_by_three_looks_at_the_slip_alone(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    response, looks = page(client, given), 0
    assert 'http-equiv="refresh"' not in response.content.decode(), "a reload would lose what is being typed"
    while url := response.context["poll_url"]:
        assert 'hx-select="#slip"' in response.content.decode()
        response, looks = client.get(url, headers=HTMX), looks + 1
    assert looks == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.PROCESSING, "Your bank is sending it"),
        (Status.EXPIRED, "This payment page has closed"),
        (Status.FAILED, "It didn’t arrive"),
        (Status.PARTLY_REFUNDED, "Thank you"),
        (Status.REFUNDED, "It went back"),
        (Status.DISPUTED, "Your bank asked for it back"),
        (Status.LOST, "Your bank asked for it back"),
    ],
)
def test_each_state_has_its_own_words(client: Client, given: Donation, status: Status, words: str) -> None:
    Donation.objects.update(status=status, asked_at=timezone.now())
    assert words in page(client, given).content.decode()


@pytest.mark.parametrize(("closes_in", "told"), [(timedelta(hours=1), False), (-timedelta(hours=1), True)])
def test_a_page_that_was_closed_early_names_no_hour_to_come(
    client: Client, given: Donation, closes_in: timedelta, told: bool
) -> None:
    Donation.objects.update(status=Status.EXPIRED, asked_at=timezone.now(), expires_at=timezone.now() + closes_in)
    assert ("<dt>Closed</dt>" in page(client, given).content.decode()) is told


def test_while_stripe_is_silent_the_page_says_being_confirmed_and_polls(
    client: Client, given: Donation, faulty_stripe: FaultyStripe
) -> None:
    faulty_stripe.mode = "reset"
    response = page(client, given)
    assert response.context["gift"]["state"] == "confirming"
    assert 'http-equiv="refresh"' in response.content.decode()
    polled = client.get(response.context["poll_url"], headers=HTMX)
    assert polled.context["gift"]["state"] == "confirming"
    assert "<html" not in polled.content.decode()


def test_the_polling_ends(client: Client, given: Donation, faulty_stripe: FaultyStripe) -> None:
    faulty_stripe.mode = "reset"
    url, looks = page(client, given).context["poll_url"], 0
    while url:
        url, looks = client.get(url, headers=HTMX).context["poll_url"], looks + 1
        assert looks < 100


@pytest.mark.parametrize("path", ["/success", "/success/status"])
@pytest.mark.parametrize("guess", ["", "cs_test_guess", "pi_1", "cs_" + "x" * 300, "cs_é"])
def test_an_unknown_session_is_not_found(client: Client, db: None, path: str, guess: str) -> None:
    assert client.get(path, {"session_id": guess}).status_code == 404


def test_another_browser_sees_amount_and_state_but_no_person(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    Donation.objects.update(name="Ada Lovelace", message="for the gauges")
    for path in ("/success", "/success/status"):
        text = page(Client(), given, path).content.decode()
        assert "$20.00" in text
        assert "Ada Lovelace" not in text
        assert "ada@example.org" not in text
        assert "for the gauges" not in text
    assert "Ada Lovelace" in page(client, given).content.decode()


def test_the_donors_words_are_kept_only_from_the_donors_browser(
    client: Client, given: Donation, post_event: Post
) -> None:
    pay(given, post_event)
    address = f"/success?session_id={given.session_id}"
    words = {"name": "Ada", "message": "Go on!", "public": "on"}
    assert Client().post(address, words).status_code == 404
    given.refresh_from_db()
    assert (given.name, given.public) == ("", False)

    assert client.post(address, words).status_code == 302
    given.refresh_from_db()
    assert (given.name, given.message, given.public) == ("Ada", "Go on!", True)
    assert client.post(address, {"name": "x" * 61}).status_code == 422


READ = "Your words will follow once we’ve read them."


@pytest.mark.parametrize(
    ("said", "status", "trusting", "told", "not_told"),
    [
        ({"name": "Ada", "public": "on"}, Status.PAID, False, "Your name is on the sponsors page.", READ),
        ({"name": "Ada", "message": "Go on!", "public": "on"}, Status.PAID, False, READ, "not shown"),
        (
            {"name": "Ada", "message": "Go on!", "public": "on"},
            Status.PAID,
            True,
            "Your name is on the sponsors page.",
            READ,
        ),
        ({"public": "on"}, Status.PAID, False, "You’re on the sponsors page as “Someone”.", "Your name is on"),
        ({"name": "Ada", "message": "Go on!"}, Status.PAID, False, "Your name is not shown.", READ),
        ({"name": "Ada", "public": "on"}, Status.PROCESSING, False, "once the gift has arrived.", "Your name is on"),
    ],
)
def test_what_becomes_of_the_words_is_said_as_it_is(
    client: Client, given: Donation, said: dict[str, str], status: Status, trusting: bool, told: str, not_told: str
) -> None:
    Organisation(moderate_messages=not trusting).save()
    Donation.objects.update(status=status, asked_at=timezone.now())
    text = client.post(f"/success?session_id={given.session_id}", said, follow=True).content.decode()
    assert told in text
    assert not_told not in text


def test_a_forged_cookie_opens_nothing(given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    stranger = Client()
    stranger.cookies["gifts"] = f'["{given.uuid.hex}"]:forged:signature'
    assert stranger.post(f"/success?session_id={given.session_id}", {"name": "Mallory"}).status_code == 404


def test_names_are_tidied(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    address = f"/success?session_id={given.session_id}"
    client.post(address, {"name": "  A\x00d\u202ea \n L. ", "message": "👩\u200d👩\u200d👧 e\u0301", "public": ""})
    given.refresh_from_db()
    assert (given.name, given.message, given.public) == ("Ada L.", "👩\u200d👩\u200d👧 é", False)


def test_a_pile_of_accents_does_not_grow_over_the_page(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    address = f"/success?session_id={given.session_id}"
    client.post(address, {"name": "Z" + "\u033d" * 50, "message": "Ệ ọ̀ นี้ ทุ่ง שָׁ किं ❤️ 1️⃣"})
    given.refresh_from_db()
    assert given.name == "Z" + "\u033d" * 4
    assert given.message == unicodedata.normalize("NFC", "Ệ ọ̀ นี้ ทุ่ง שָׁ किं ❤️ 1️⃣")


@SANDBOX
def test_the_success_page_asks_stripe_itself_and_not_too_often(
    client: Client, stripe: str, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from donations.stripe import client as stripe_client

    give(client)
    donation = Donation.objects.get()
    asked: list[str] = []
    retrieve = stripe_client.retrieve
    monkeypatch.setattr(stripe_client, "retrieve", lambda reference: asked.append(reference) or retrieve(reference))

    assert page(client, donation).context["gift"]["state"] == "open"
    for _ in range(3):
        page(client, donation)
        page(client, donation, "/success/status")
    assert asked == [donation.session_id], "at most once in three seconds"

    Donation.objects.update(asked_at=timezone.now() - timedelta(seconds=4))
    page(client, donation)
    assert len(asked) == 2
