"""One form, one donation, one page to pay on: whatever the donor's fingers and Stripe's network do."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.db import connection
from django.utils import timezone

from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.models import Donation, StripeRef
from donations.stripe import client
from donations.stripe.errors import Refused
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.giving.donor import SANDBOX

TWENTY = Order(amount=2000, currency="usd")
FIFTY = Order(amount=5000, currency="usd")

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connection.close()


def test_the_donation_is_saved_before_stripe_is_called(
    faulty_stripe: FaultyStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty_stripe.mode = "reset"
    with pytest.raises(checkout.TryAgain):
        checkout.begin(TWENTY, "token")
    donation = Donation.objects.get()
    assert (donation.amount, donation.status, donation.session_url) == (2000, Status.PENDING, "")


def test_the_same_form_leads_to_the_same_page(faulty_stripe: FaultyStripe) -> None:
    first = checkout.begin(TWENTY, "token")
    again = checkout.begin(TWENTY, "token")
    assert first.session_url == again.session_url
    assert Donation.objects.count() == len(faulty_stripe.made) == 1
    assert StripeRef.objects.get(pk=first.session_id).donation == first


def test_another_amount_or_another_token_is_another_donation(faulty_stripe: FaultyStripe) -> None:
    urls = {
        checkout.begin(order, token).session_url
        for order, token in [(TWENTY, "one"), (FIFTY, "one"), (TWENTY, "two"), (TWENTY, ""), (TWENTY, "")]
    }
    assert len(urls) == Donation.objects.count() == 5


def test_many_clicks_at_once_get_one_page(faulty_stripe: FaultyStripe) -> None:
    with ThreadPoolExecutor(8) as pool:
        clicks = [pool.submit(in_thread, lambda: checkout.begin(TWENTY, "token").session_url) for _ in range(8)]
        assert len({click.result() for click in clicks}) == 1
    assert Donation.objects.count() == 1
    assert sum(faulty_stripe.asked.values()) == 1


@pytest.mark.parametrize("mode", ["reset", "reset after", "garbage", 409, 429])
def test_without_an_answer_the_retry_keeps_the_key(faulty_stripe: FaultyStripe, mode: str | int) -> None:
    faulty_stripe.mode = mode
    for _ in range(2):
        with pytest.raises(checkout.TryAgain):
            checkout.begin(TWENTY, "token")
    faulty_stripe.mode = "ok"
    donation = checkout.begin(TWENTY, "token")
    assert donation.session_url
    assert Donation.objects.count() == 1
    assert list(faulty_stripe.asked.values()) == [3], "one key for all tries"
    assert len(faulty_stripe.made) == 1, "one session at Stripe"


@pytest.mark.parametrize(
    ("mode", "told"),
    [*((mode, checkout.Declined) for mode in (400, 401, 402, 403)), *((mode, checkout.Faulty) for mode in (500, 503))],
)
def test_an_answered_error_is_kept_by_stripe_so_the_retry_takes_the_next_key(
    faulty_stripe: FaultyStripe, mode: int, told: type[checkout.TryAgain]
) -> None:
    faulty_stripe.mode = mode
    with pytest.raises(told):
        checkout.begin(TWENTY, "token")
    faulty_stripe.mode = "ok"
    assert checkout.begin(TWENTY, "token").session_url
    uuid = Donation.objects.get().uuid
    assert dict(faulty_stripe.asked) == {f"donation-{uuid}-1": 1, f"donation-{uuid}-2": 1}


def test_a_stripe_that_hangs_costs_the_donor_its_time_out_and_no_more(
    faulty_stripe: FaultyStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The true seconds are waited for in tests/system/journeys/test_stripe_down.py."""
    assert max(sum(client.TIMEOUT), checkout.PATIENCE) < 15
    monkeypatch.setattr(client, "TIMEOUT", (0.5, 0.5))
    faulty_stripe.mode = "hang after"
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        clicks = [pool.submit(in_thread, lambda: checkout.begin(TWENTY, "token")) for _ in range(2)]
        assert all(isinstance(click.exception(), checkout.TryAgain) for click in clicks)
    assert time.monotonic() - started < 5
    faulty_stripe.mode = "ok"
    assert checkout.begin(TWENTY, "token").session_url
    assert len(faulty_stripe.made) == 1


def test_a_stripe_that_drips_costs_no_more_than_one_that_hangs(
    faulty_stripe: FaultyStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", (0.5, 0.5))
    faulty_stripe.mode = "drip"
    started = time.monotonic()
    with pytest.raises(checkout.TryAgain):
        checkout.begin(TWENTY, "token")
    assert time.monotonic() - started < 2
    faulty_stripe.mode = "ok"
    assert checkout.begin(TWENTY, "token").session_url


def test_when_too_many_ask_at_once_the_next_is_told_at_once(faulty_stripe: FaultyStripe) -> None:
    faulty_stripe.mode = "hang"
    with ThreadPoolExecutor(12) as pool:
        hanging = [pool.submit(in_thread, lambda n=n: checkout.begin(TWENTY, f"donor {n}")) for n in range(12)]
        _until(lambda: sum(faulty_stripe.asked.values()) == 12)
        started = time.monotonic()
        with pytest.raises(checkout.Crowded):
            checkout.begin(TWENTY, "one more")
        assert time.monotonic() - started < 5
        faulty_stripe.mode = "ok"
        faulty_stripe.delay.set()
        assert all(isinstance(donor.exception(), checkout.TryAgain) for donor in hanging)
    assert checkout.begin(TWENTY, "one more").session_url


def test_a_claim_of_a_process_that_died_is_taken_over(faulty_stripe: FaultyStripe) -> None:
    faulty_stripe.mode = "reset"
    with pytest.raises(checkout.TryAgain):
        checkout.begin(TWENTY, "token")
    faulty_stripe.mode = "ok"
    Donation.objects.update(claimed_at=timezone.now() - timedelta(seconds=13))
    assert checkout.begin(TWENTY, "token").session_url
    assert Donation.objects.count() == 1


def test_a_fresh_claim_of_another_click_is_waited_for_not_taken(
    faulty_stripe: FaultyStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty_stripe.mode = "reset"
    with pytest.raises(checkout.TryAgain):
        checkout.begin(TWENTY, "token")
    faulty_stripe.mode = "ok"
    asked = sum(faulty_stripe.asked.values())
    Donation.objects.update(claimed_at=timezone.now())
    monkeypatch.setattr(checkout, "PATIENCE", 0.3)
    with pytest.raises(checkout.TryAgain):
        checkout.begin(TWENTY, "token")
    assert sum(faulty_stripe.asked.values()) == asked

    def other_click() -> None:
        Donation.objects.update(session_url="https://checkout.stripe.com/1", session_id="cs_1", claimed_at=None)

    monkeypatch.setattr(checkout, "PATIENCE", 10)
    timer = threading.Timer(0.3, in_thread, [other_click])
    timer.start()
    assert checkout.begin(TWENTY, "token").session_url == "https://checkout.stripe.com/1"
    timer.join()


def test_an_impatient_finger_does_not_take_all_threads(
    faulty_stripe: FaultyStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight clicks on one form may wait for its page; the others are told at once, and the server stays free."""
    faulty_stripe.mode = "hang"
    with ThreadPoolExecutor(12) as pool:
        clicks = [pool.submit(in_thread, lambda: checkout.begin(TWENTY, "token")) for _ in range(12)]
        told_at_once = list(itertools.islice(as_completed(clicks, timeout=30), 3))
        assert [type(click.exception()) for click in told_at_once] == [checkout.Crowded] * 3
        faulty_stripe.delay.set()


def test_a_rebuilt_gift_without_its_session_sends_nobody_to_a_page_that_is_not_there(
    faulty_stripe: FaultyStripe,
) -> None:
    donation = checkout.begin(TWENTY, "token")
    Donation.objects.filter(pk=donation.pk).update(status=Status.PAID, session_id="", session_url="")
    with pytest.raises(checkout.TryAgain):
        checkout.begin(TWENTY, "token")


@pytest.mark.parametrize("status", [Status.PAID, Status.PROCESSING])
def test_a_gift_that_is_given_is_not_paid_again(faulty_stripe: FaultyStripe, status: Status) -> None:
    donation = checkout.begin(TWENTY, "token")
    Donation.objects.filter(pk=donation.pk).update(status=status)
    again = checkout.begin(TWENTY, "token")
    assert (again.pk, again.status) == (donation.pk, status)
    assert Donation.objects.count() == 1


@pytest.mark.parametrize(
    "end",
    [
        {"status": Status.EXPIRED},
        {"status": Status.FAILED},
        {"expires_at": timezone.now() - timedelta(minutes=6)},
        {"session_url": "", "created_at": timezone.now() - timedelta(minutes=86)},
    ],
    ids=["expired", "failed", "past its time", "never opened and too old to retry"],
)
def test_after_the_end_of_a_page_the_same_form_makes_a_new_donation(
    faulty_stripe: FaultyStripe, end: dict[str, Any]
) -> None:
    old = checkout.begin(TWENTY, "token")
    Donation.objects.filter(pk=old.pk).update(**end)
    new = checkout.begin(TWENTY, "token")
    assert new.pk != old.pk
    assert new.session_url
    assert checkout.begin(TWENTY, "token").pk == new.pk
    old.refresh_from_db()
    assert old.dedupe is None


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


ODD = Order(amount=2000, currency="usd", email="ada@bücher.example")


@SANDBOX
def test_an_address_that_stripe_does_not_take_stops_nobody(stripe: str, caplog: pytest.LogCaptureFixture) -> None:
    donation = checkout.begin(ODD, "token")
    assert donation.session_url.startswith(f"{stripe}/pay/cs_test_")
    assert (donation.attempt, donation.email) == (2, ODD.email), "the address stays ours, for the receipt"
    assert client.retrieve(donation.session_id)["customer_email"] is None
    assert "bücher" not in caplog.text
    assert checkout.begin(ODD, "token").session_url == donation.session_url


@SANDBOX
def test_an_address_that_stripe_takes_is_filled_in_on_its_page(stripe: str) -> None:
    donation = checkout.begin(replace(ODD, email="ada@xn--bcher-kva.example"), "token")
    assert client.retrieve(donation.session_id)["customer_email"] == "ada@xn--bcher-kva.example"
    assert donation.attempt == 1


def test_the_question_without_the_address_is_asked_the_same_way_again(faulty_stripe: FaultyStripe) -> None:
    """Its answer was lost, or its process died: what is sent under the second key must not depend on the first try."""
    faulty_stripe.mode, faulty_stripe.code = 400, "email_invalid"
    with pytest.raises(checkout.Declined):
        checkout.begin(ODD, "token")
    reference = Donation.objects.get().uuid
    assert list(faulty_stripe.asked) == [f"donation-{reference}-1", f"donation-{reference}-2"]
    faulty_stripe.mode = "ok"
    assert checkout.begin(ODD, "token").session_url
    assert [bool(form.get("customer_email")) for form in faulty_stripe.forms] == [True, False, False]


@pytest.mark.parametrize("wanted", [False, True])
@SANDBOX
def test_donors_see_the_sites_currency_unless_the_operator_wants_it_otherwise(
    stripe: str, settings: pytest_django.Settings, wanted: bool
) -> None:
    assert settings.STRIPE_ADAPTIVE_PRICING is False
    settings.STRIPE_ADAPTIVE_PRICING = wanted
    donation = checkout.begin(TWENTY, "token")
    assert client.retrieve(donation.session_id)["adaptive_pricing"] == {"enabled": wanted}


def test_it_is_said_and_not_left_to_the_dashboard(faulty_stripe: FaultyStripe) -> None:
    checkout.begin(TWENTY, "token")
    assert faulty_stripe.forms[0]["adaptive_pricing[enabled]"] == ["false"]


def test_whoever_lost_the_claim_meanwhile_asks_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse_late(*, key: str, **_: Any) -> dict[str, Any]:
        """Stripe took so long that another click took over, and has its page by now."""
        asked.append(key)
        Donation.objects.update(attempt=2, claimed_at=None, session_id="cs_2", session_url="https://stripe.test/2")
        raise Refused(400, "email_invalid", "Invalid email address")

    monkeypatch.setattr(client, "create_session", refuse_late)
    assert checkout.begin(ODD, "token").session_url == "https://stripe.test/2"
    assert len(asked) == 1
    assert Donation.objects.get().attempt == 2
