"""The donor's pages, over the real SDK and the sandbox."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.models import Donation
from organisation.models import Organisation
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.stripe_objects import event, refund, session

SANDBOX = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
HTMX = {"HX-Request": "true"}
Post = Callable[..., Any]


def give(client: Client, amount: str = "20", *, token: str = "t", **more: Any) -> Any:
    headers = more.pop("headers", {})
    return client.post("/donate", {"amount": amount, "token": token} | more, headers=headers)


@pytest.fixture
def given(client: Client, faulty_stripe: FaultyStripe, transactional_db: None) -> Donation:
    """A gift made in this client's browser, its page at Stripe still open."""
    give(client)
    return Donation.objects.get()


def pay(donation: Donation, post_event: Post, **changes: Any) -> None:
    paid = session(donation, id=donation.session_id, **changes)
    assert post_event(event("checkout.session.completed", paid)).status_code == 200


def page(client: Client, donation: Donation, path: str = "/success", **headers: str) -> Any:
    return client.get(path, {"session_id": donation.session_id}, headers=headers)


@SANDBOX
def test_without_javascript_the_form_leaves_by_303(client: Client, stripe: str) -> None:
    response = give(client, "20")
    assert response.status_code == 303
    assert response["Location"] == Donation.objects.get().session_url
    assert response["Location"].startswith(f"{stripe}/pay/cs_test_")


@SANDBOX
def test_htmx_is_told_to_leave(client: Client, stripe: str) -> None:
    response = give(client, "other", other_amount="12.50", headers=HTMX)
    assert response.status_code == 200
    donation = Donation.objects.get()
    assert donation.amount == 1250
    assert response["HX-Redirect"] == donation.session_url


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"amount": "other", "other_amount": "ten"}, "Type an amount, like 20 or 12.50."),
        ({"amount": "", "other_amount": ""}, "Type an amount, like 20 or 12.50."),
        ({"other_amount": "0.50"}, "The smallest gift is $1"),
        ({"amount": "1e9"}, "Type an amount, like 20 or 12.50."),
        ({"amount": "10001"}, "The largest gift here is $10,000"),
        ({"amount": "-20"}, "Type an amount, like 20 or 12.50."),
        ({"amount": "20", "email": "not an address"}, "valid email"),
        ({"amount": "20", "name": "x" * 61}, "at most 60"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_wrong_amount_comes_back_with_what_to_do(
    client: Client, db: None, sent: dict[str, str], error: str, headers: dict[str, str]
) -> None:
    response = client.post("/donate", sent | {"token": "kept-token"}, headers=headers)
    assert response.status_code == 422
    text = response.content.decode()
    assert error in text
    assert "kept-token" in text
    assert ("<html" in text) is (not headers)
    assert not Donation.objects.exists()


def test_whoever_wants_to_give_more_is_told_whom_to_ask(client: Client, db: None) -> None:
    text = give(client, "other", other_amount="10001").content.decode()
    assert "The largest gift here is $10,000." in text
    assert "write to us" not in text
    Organisation(contact_email="ada@example.org").save()
    assert "For more, write to us: ada@example.org." in give(client, "other", other_amount="10001").content.decode()


def test_the_page_asks_nothing_but_an_amount(client: Client, db: None) -> None:
    text = client.get("/donate").content.decode()
    for amount in (5, 10, 20, 50, 100):
        assert f'value="{amount}"' in text
        assert f"Donate {amount} US dollars" in text
    assert text.count('name="token"') == 2
    assert 'name="email"' not in text


def test_the_address_can_fill_in_the_amount(client: Client, db: None) -> None:
    assert 'value="12.50"' in client.get("/donate?amount=12.50").content.decode()
    assert "alert(1)" not in client.get('/donate?amount="><script>alert(1)').content.decode()


def test_each_browser_has_its_own_token_and_keeps_it_when_it_comes_back(client: Client, db: None) -> None:
    one, again = (client.get("/donate").context["token"] for _ in range(2))
    assert one == again
    assert Client().get("/donate").context["token"] != one


def test_to_give_again_takes_a_new_token(client: Client, given: Donation, post_event: Post) -> None:
    token = client.get("/donate").context["token"]
    pay(given, post_event)
    assert "/donate?again&amp;amount=20" in page(client, given).content.decode()
    again = client.get("/donate?again&amount=20").context["token"]
    assert again != token
    assert client.get("/donate").context["token"] == again


@pytest.mark.django_db(transaction=True)
def test_a_key_of_the_api_is_no_token_of_a_page(client: Client, faulty_stripe: FaultyStripe) -> None:
    """Whoever guesses a shop's idempotency key must not get the donor's page, and with it the gift's cookie."""
    theirs = client.post(
        "/api/donations/create-checkout-session/",
        {"amount": "20", "name": "Ada"},
        content_type="application/json",
        headers={"Idempotency-Key": "order-1"},
    ).json()["url"]
    for guess in ("order-1", "api:order-1", "api:order-1:Ada::"):
        assert give(Client(), token=guess)["Location"] != theirs


@pytest.mark.parametrize("mode", ["reset", 409, 429, 500])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.django_db(transaction=True)
def test_when_stripe_fails_the_donor_is_told_and_the_retry_works(
    client: Client, faulty_stripe: FaultyStripe, mode: str | int, headers: dict[str, str]
) -> None:
    faulty_stripe.mode = mode
    response = give(client, headers=headers)
    assert response.status_code == 503
    assert response["Retry-After"]
    text = response.content.decode()
    assert "Nothing was taken" in text
    assert 'value="t"' in text, "the retry must carry the same token"
    faulty_stripe.mode = "ok"
    assert give(client).status_code == 303
    assert Donation.objects.count() == len(faulty_stripe.made) == 1


def test_after_payment_the_old_form_leads_to_the_truth(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    response = give(client)
    assert (response.status_code, response["Location"]) == (303, f"/success?session_id={given.session_id}")


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
    text = page(client, given).content.decode()
    assert "Your $20 arrived. $5.50 of it went back" in text


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
@pytest.mark.parametrize("guess", ["", "cs_test_guess", "pi_1", "cs_\x00", "cs_" + "x" * 300, "cs_é"])
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


READ = "Your words follow when we’ve read them."


@pytest.mark.parametrize(
    ("said", "status", "trusting", "told", "not_told"),
    [
        ({"name": "Ada", "public": "on"}, Status.PAID, False, "Your name is on the wall.", READ),
        ({"name": "Ada", "message": "Go on!", "public": "on"}, Status.PAID, False, READ, "not shown"),
        ({"name": "Ada", "message": "Go on!", "public": "on"}, Status.PAID, True, "Your name is on the wall.", READ),
        ({"public": "on"}, Status.PAID, False, "You are on the wall as “Someone”.", "Your name is on"),
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


def test_cancel_keeps_the_amount_and_the_open_page(client: Client, given: Donation) -> None:
    mine = client.get(f"/cancel?gift={given.uuid}")
    assert mine.context["amount_value"] == "20"
    assert mine.context["resume_url"] == given.session_url
    others = Client().get(f"/cancel?gift={given.uuid}")
    assert others.context["amount_value"] == "20"
    assert others.context["resume_url"] == ""


@pytest.mark.parametrize("gift", ["", "nonsense", "00000000-0000-4000-8000-000000000000", "\x00"])
def test_cancel_without_a_gift_is_plain(client: Client, db: None, gift: str) -> None:
    assert client.get("/cancel", {"gift": gift}).status_code == 200


def test_cancel_does_not_say_that_nothing_was_taken_when_it_was(
    client: Client, given: Donation, post_event: Post
) -> None:
    pay(given, post_event)
    response = client.get(f"/cancel?gift={given.uuid}")
    assert (response.status_code, response["Location"]) == (302, f"/success?session_id={given.session_id}")


def test_the_forms_are_protected_against_forgery(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    for path in ("/donate", "/success?session_id=cs_1"):
        assert client.post(path, {"amount": "20"}).status_code == 403
    assert not Donation.objects.exists()


def test_a_signed_in_donors_gift_is_theirs(
    client: Client, faulty_stripe: FaultyStripe, transactional_db: None, django_user_model: Any
) -> None:
    bob = django_user_model.objects.create_user("bob@example.org", "a long password")
    client.force_login(bob)
    give(client)
    assert Donation.objects.get().user == bob


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


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("20", "Of $20, about $19.12 reaches us after the card fee."),
        ("0.50", "The smallest gift is $1."),
        ("twenty", "Type an amount, like 20 or 12.50."),
        ("<b>", "Type an amount, like 20 or 12.50."),
        ("", ""),
    ],
)
def test_an_amount_is_answered_while_it_is_typed(client: Client, typed: str, said: str) -> None:
    response = client.get("/donate/amount", {"other_amount": typed}, headers=HTMX)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert bool(response.content.strip()) == bool(said)
    assert client.post("/donate/amount").status_code == 405


@pytest.mark.django_db
def test_the_donate_page_may_stay_in_the_browsers_memory_and_is_asked_for_again(client: Client) -> None:
    assert client.get("/donate")["Cache-Control"] == "private, no-cache"
