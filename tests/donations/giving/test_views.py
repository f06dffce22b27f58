"""The donor's pages, over the real SDK and the sandbox."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from donations.models import Alarm, Donation, Shield
from donations.shield import visitors
from organisation.models import Organisation
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.giving.donor import HTMX, SANDBOX, Post, give, page, pay


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
        ({"amount": "other", "other_amount": "ten"}, "Enter an amount, like 20 or 12.50."),
        ({"amount": "", "other_amount": ""}, "Enter an amount, like 20 or 12.50."),
        ({"other_amount": "0.50"}, "The smallest gift is $1"),
        ({"amount": "1e9"}, "Enter an amount, like 20 or 12.50."),
        ({"amount": "10001"}, "The largest gift here is $10,000"),
        ({"amount": "-20"}, "Enter an amount, like 20 or 12.50."),
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
    # A form of coins for each frequency, and the one for any amount.
    assert text.count('name="token"') == 4
    assert 'name="email"' not in text


def test_the_address_can_fill_in_the_amount(client: Client, db: None) -> None:
    assert 'value="12.50"' in client.get("/donate?amount=12.50").content.decode()
    assert "alert(1)" not in client.get('/donate?amount="><script>alert(1)').content.decode()


@pytest.mark.parametrize(
    ("typed", "language", "amount"),
    [
        ("$20", "en", 2000),
        ("12,50", "en", 1250),
        ("1,000", "en", 100_000),
        ("1.000", "de", 100_000),
        ("20,-", "de", 2000),
    ],
)
@pytest.mark.parametrize("field", ["other_amount", "amount"])
@pytest.mark.django_db(transaction=True)
def test_an_amount_is_given_as_it_was_meant(
    client: Client, faulty_stripe: FaultyStripe, settings: Any, typed: str, language: str, amount: int, field: str
) -> None:
    settings.LANGUAGE_CODE = language
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]
    sent = {"other_amount": typed, "amount": "other"} if field == "other_amount" else {"amount": typed}
    answer = client.post("/donate", sent | {"token": "t"}, headers={"Accept-Language": language})
    assert answer.status_code == 303
    assert Donation.objects.get().amount == amount


@pytest.mark.parametrize(
    ("asked", "filled", "said"),
    [
        ("20", "20", "Of $20, about"),
        ("12,50", "12.50", "Of $12.50, about"),
        ("$1,000", "1000", "Of $1,000, about"),
        ("1.000", "", "That could mean $1,000 or $1."),
        ("0.10", "", "The smallest gift is $1"),
        ("a lot", "", "Enter an amount, like 20 or 12.50."),
        ("", "", ""),
    ],
)
def test_the_amount_in_an_address_is_read_and_echoed(
    client: Client, db: None, asked: str, filled: str, said: str
) -> None:
    text = client.get("/donate", {"amount": asked}).content.decode()
    assert f'name="other_amount" value="{filled}"' in text
    assert said in text


def test_where_nobody_knows_the_fee_the_amount_is_echoed_all_the_same(client: Client, db: None, settings: Any) -> None:
    settings.DONATION_CURRENCY, settings.DONATION_MIN, settings.DONATION_MAX = "jpy", 100, 1_000_000
    assert "A gift of ¥1,000." in client.get("/donate/amount", {"other_amount": "1,000"}).content.decode()


def token_on(response: Any) -> str:
    found = re.search('name="token" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def test_each_browser_has_its_own_token_and_keeps_it_when_it_comes_back(client: Client, db: None) -> None:
    one, again = (token_on(client.get("/donate")) for _ in range(2))
    assert one == again
    assert token_on(Client().get("/donate")) != one


def test_to_give_again_takes_a_new_token(client: Client, given: Donation, post_event: Post) -> None:
    token = token_on(client.get("/donate"))
    pay(given, post_event)
    assert "/donate?again&amp;amount=20" in page(client, given).content.decode()
    again = token_on(client.get("/donate?again&amount=20"))
    assert again != token
    assert token_on(client.get("/donate")) == again


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
    assert "amount." not in text.split("Nothing was taken")[1].split("</p>")[0], "the amount is not at fault"
    assert 'value="t"' in text, "the retry must carry the same token"
    faulty_stripe.mode = "ok"
    assert give(client).status_code == 303
    assert Donation.objects.count() == len(faulty_stripe.made) == 1


@pytest.mark.parametrize(("code", "told"), [("amount_too_small", "larger"), ("amount_too_large", "smaller")])
@pytest.mark.django_db(transaction=True)
def test_an_amount_that_only_stripe_refuses_is_told_beside_the_field(
    client: Client, faulty_stripe: FaultyStripe, code: str, told: str
) -> None:
    faulty_stripe.mode, faulty_stripe.code = 400, code
    response = give(client, "other", other_amount="20")
    assert response.status_code == 422
    assert f"Enter a {told} amount." in response.content.decode()


def test_in_yen_no_page_speaks_of_cents(client: Client, db: None, settings: Any) -> None:
    settings.DONATION_CURRENCY, settings.DONATION_MIN, settings.DONATION_MAX = "jpy", 100, 1_000_000
    settings.DONATION_AMOUNTS = [500, 1000, 2000]
    text = client.get("/donate").content.decode() + give(client, "other", other_amount="x").content.decode()
    assert "like 2000 or 500." in text
    assert "12.50" not in text
    assert "¥500" in text


def test_after_payment_the_old_form_leads_to_the_truth(client: Client, given: Donation, post_event: Post) -> None:
    pay(given, post_event)
    response = give(client)
    assert (response.status_code, response["Location"]) == (303, f"/success?session_id={given.session_id}")


def test_cancel_keeps_the_amount_and_the_open_page(client: Client, given: Donation) -> None:
    mine = client.get(f"/cancel?gift={given.uuid}")
    assert mine.context["amount_value"] == "20"
    assert mine.context["resume_url"] == given.session_url
    others = Client().get(f"/cancel?gift={given.uuid}")
    assert others.context["amount_value"] == "20"
    assert others.context["resume_url"] == ""


TYPED = {"name": "Zoë", "email": "zoe@example.org", "message": "For the roof", "public": "on"}


def goes_along(text: str) -> dict[str, str]:
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    return {name: hidden[name] for name in (*TYPED, "show_amount") if name in hidden}


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ({"other_amount": "ten"}, TYPED),
        ({"other_amount": "0.01"}, TYPED),
        ({"email": "no address"}, {name: TYPED[name] for name in ("name", "message", "public")}),
    ],
)
def test_what_another_page_asked_for_goes_along_when_the_gift_is_refused(
    client: Client, db: None, wrong: dict[str, str], kept: dict[str, str]
) -> None:
    response = give(client, "other", **{"other_amount": "12"} | TYPED | wrong)
    assert response.status_code == 422
    assert goes_along(response.content.decode()) == kept


@SANDBOX
def test_a_gift_whose_page_was_closed_begins_anew_with_all_that_was_typed(client: Client, stripe: str) -> None:
    give(client, **TYPED)
    Donation.objects.update(status="expired", checkout="expired")
    cancelled = f"/cancel?gift={Donation.objects.get().uuid}"
    assert goes_along(client.get(cancelled).content.decode()) == TYPED
    assert goes_along(Client().get(cancelled).content.decode()) == {}


@pytest.mark.parametrize("gift", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
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


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("20", "Of $20, about $19.12 reaches us after the card fee."),
        ("0.50", "The smallest gift is $1."),
        ("1,000", "Of $1,000, about $970.70 reaches us after the card fee."),
        ("$12,50", "Of $12.50, about"),
        ("1.000", "That could mean $1,000 or $1. Enter 1000 or 1."),
        ("€20", "Amounts here are in US dollars."),
        ("100000000", "The largest gift here is $10,000."),
        ("twenty", "Enter an amount, like 20 or 12.50."),
        ("<b>", "Enter an amount, like 20 or 12.50."),
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


# --- The shield ---


def crowded(client: Client) -> Any:
    """The answer to the first gift that has to wait: without a time in the form, five are let through."""
    for number in range(5):
        assert give(client, token=f"form {number}").status_code == 303
    return give(client, "other", other_amount="12.50", token="kept-token")


@pytest.fixture
def quick_stripe(faulty_stripe: FaultyStripe, transactional_db: None) -> FaultyStripe:
    return faulty_stripe


@pytest.mark.usefixtures("quick_stripe")
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_whoever_opens_too_many_pages_is_told_when_to_try_again_and_keeps_what_was_typed(
    client: Client, headers: dict[str, str]
) -> None:
    crowded(client)
    response = give(client, "other", other_amount="12.50", token="kept-token", headers=headers)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 12
    text = response.content.decode()
    assert "Please try again in a minute." in text
    assert "Nothing was taken" in text
    assert '<input type="hidden" name="amount" value="12.50">' in text
    assert "Try again with $12.50" in text
    assert 'value="kept-token"' in text
    assert ("<html" in text) is (not headers)
    assert "data-puzzle" not in text, "work helps against a crowd, not against one's own limit"
    assert Donation.objects.count() == 5


@pytest.mark.usefixtures("quick_stripe")
def test_in_a_crowd_a_donor_gets_a_ticket_and_a_puzzle(client: Client) -> None:
    Shield.objects.update(in_all=1)
    cache.clear()
    give(client, token="one", since=visitors.form_made())
    text = give(client, "10", token="two", since=visitors.form_made()).content.decode()
    ticket = re.findall(r'name="ticket" value="([^"]+)"', text)
    assert len(ticket) == 1
    assert 'data-bits="12"' in text
    assert "js/puzzle" in text
    assert '<input type="hidden" name="amount" value="10">' in text


@pytest.mark.usefixtures("quick_stripe")
def test_a_form_that_is_as_old_as_a_person_is_quick_costs_one(client: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(seconds=5)):
        since = visitors.form_made()
    codes = [give(client, token=f"form {number}", since=since).status_code for number in range(11)]
    assert codes == [303] * 10 + [429]


@pytest.mark.usefixtures("quick_stripe")
def test_the_field_that_nobody_sees_costs_more_and_is_no_wall(client: Client) -> None:
    codes = [give(client, token=f"form {number}", website="https://x.test").status_code for number in range(3)]
    assert codes == [303, 303, 429]


def test_a_form_keeps_its_time_when_it_comes_back(client: Client, db: None) -> None:
    first = re.findall(r'name="since" value="([^"]+)"', client.get("/donate").content.decode())
    again = client.post("/donate", {"amount": "ten", "since": first[0]}).content.decode()
    assert re.findall(r'name="since" value="([^"]+)"', again) == first
    forged = client.post("/donate", {"amount": "ten", "since": "1:forged"}).content.decode()
    assert "1:forged" not in forged


@pytest.mark.usefixtures("quick_stripe")
def test_a_gift_that_is_closed_in_an_alarm_is_told_why(client: Client) -> None:
    Shield.objects.update(least_in_alarm=5000)
    Alarm.objects.create()
    response = give(client, "20")
    assert response.status_code == 422
    assert "gifts below $50 have to wait until that’s over" in response.content.decode()


@pytest.mark.usefixtures("quick_stripe")
def test_limits_are_for_the_address_that_a_trusted_proxy_tells(
    client: Client, settings: pytest_django.Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    crowded(client)
    elsewhere = {"X-Forwarded-For": "198.51.100.7"}
    assert give(client, token="t", headers=elsewhere).status_code == 303
