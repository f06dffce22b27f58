"""When webhooks are late, lost, or of another release, Stripe itself is asked; over the real SDK and the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.models import Donation, LedgerEntry, StripeEvent
from donations.stripe import client, events, polling
from donations.stripe.errors import StripeUnavailable
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.stripe_objects import event, session

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
Post = Callable[..., Any]

CARD = {"number": "4242424242424242", "exp": "12/40", "cvc": "123", "name": "Ada", "email": "ada@example.org"}


def pay(donation: Donation, **how: str) -> None:
    """On the sandbox's page, as a browser would; no webhook reaches the site in these tests."""
    browser = requests.Session()
    page = browser.get(donation.session_url)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    paid = browser.post(
        donation.session_url, CARD | {"csrfmiddlewaretoken": token} | (how or {"pay": "1"}), allow_redirects=False
    )
    assert paid.status_code == 303, paid.text


@pytest.fixture
def opened(stripe: str) -> Donation:
    donation = checkout.begin(Order(amount=2000, currency="usd"), "token")
    # No delivery: there is nobody behind the address, and the donor must not wait for it.
    requests.post(
        f"{stripe}/v1/test_helpers/sandbox", {"delivery": "lost"}, auth=("sk_test_sandbox", ""), timeout=10
    ).raise_for_status()
    return donation


def test_asking_settles_a_gift_whose_webhook_was_lost(opened: Donation) -> None:
    pay(opened)
    assert polling.poll(opened)
    assert opened.status == Status.PAID
    assert opened.email == "ada@example.org"
    entry = LedgerEntry.objects.get()
    assert entry.source.startswith("pi_")
    assert timezone.now() - entry.happened_at < timedelta(minutes=1)


def test_asking_about_an_open_page_changes_nothing_and_is_sure(opened: Donation) -> None:
    assert polling.poll(opened)
    assert opened.status == Status.PENDING


def test_asking_twice_within_three_seconds_asks_stripe_once(opened: Donation) -> None:
    assert polling.poll(opened)
    first = opened.asked_at
    assert polling.poll(opened), "the answer of a moment ago still holds"
    assert opened.asked_at == first


def test_a_bank_payment_is_seen_on_its_way_and_at_its_end(opened: Donation, stripe: str) -> None:
    pay(opened, bank="fails")
    polling.poll(opened)
    assert opened.status == Status.PROCESSING
    requests.post(
        f"{stripe}/v1/test_helpers/sandbox/settle",
        {"session": opened.session_id, "outcome": "fails"},
        auth=("sk_test_sandbox", ""),
        timeout=10,
    ).raise_for_status()
    Donation.objects.update(asked_at=None)
    polling.poll(opened)
    assert opened.status == Status.FAILED


def test_a_silent_stripe_leaves_the_gift_as_it_is(faulty_stripe: FaultyStripe) -> None:
    donation = checkout.begin(Order(amount=2000, currency="usd"), "token")
    faulty_stripe.mode = "reset"
    for _ in range(2):
        assert not polling.poll(donation), "no answer, also when it is not asked again so soon"
    assert donation.status == Status.PENDING


def test_the_sweep_settles_what_is_due_and_only_that(opened: Donation) -> None:
    pay(opened)
    polling.poll_due()
    opened.refresh_from_db()
    assert opened.status == Status.PENDING, "it asks after five minutes"
    Donation.objects.update(ask_at=timezone.now())
    polling.poll_due()
    opened.refresh_from_db()
    assert (opened.status, opened.ask_at) == (Status.PAID, None)


def test_the_sweep_comes_back_to_an_open_gift(opened: Donation) -> None:
    Donation.objects.update(ask_at=timezone.now())
    polling.poll_due()
    opened.refresh_from_db()
    assert opened.status == Status.PENDING
    assert opened.ask_at is not None
    assert opened.ask_at > timezone.now()


def test_a_donation_that_never_had_a_page_is_given_up_after_a_day(faulty_stripe: FaultyStripe) -> None:
    faulty_stripe.mode = "reset"
    with pytest.raises(checkout.TryAgain):
        checkout.begin(Order(amount=2000, currency="usd"), "token")
    Donation.objects.update(ask_at=timezone.now())
    polling.poll_due()
    assert Donation.objects.get().status == Status.PENDING
    Donation.objects.update(
        ask_at=timezone.now(),
        created_at=timezone.now() - timedelta(hours=25),
        expires_at=timezone.now() - timedelta(hours=23),
    )
    polling.poll_due()
    assert Donation.objects.get().status == Status.EXPIRED


def test_an_event_of_another_release_is_fetched_in_ours(opened: Donation, post_event: Post) -> None:
    pay(opened)
    paid = session(opened, id=opened.session_id, payment_intent="pi_of_another_shape")
    post_event(event("checkout.session.completed", paid, api_version="2026-03-25.dahlia"))
    assert not LedgerEntry.objects.exists()

    polling.retry_due_deferred()
    assert StripeEvent.objects.get().state == StripeEvent.State.HANDLED
    opened.refresh_from_db()
    assert opened.status == Status.PAID
    assert LedgerEntry.objects.get().source != "pi_of_another_shape"


def test_a_parked_event_whose_object_is_gone_is_ignored(opened: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(opened, id="cs_test_gone"), api_version="2026-03-25.dahlia"))
    polling.retry_due_deferred()
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED


def test_a_parked_event_waits_while_stripe_is_silent(
    opened: Donation, post_event: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_event(event("checkout.session.completed", session(opened), api_version="2026-03-25.dahlia"))

    def silent(reference: str) -> None:
        raise StripeUnavailable

    monkeypatch.setattr(client, "retrieve", silent)
    polling.retry_due_deferred()
    parked = StripeEvent.objects.get()
    assert parked.state == StripeEvent.State.DEFERRED
    assert parked.retry_at is not None
    assert parked.retry_at > timezone.now(), "later, not at once"


def test_settling_a_parked_event_twice_books_once(opened: Donation, post_event: Post) -> None:
    pay(opened)
    post_event(event("checkout.session.completed", session(opened, id=opened.session_id), api_version="1.dahlia"))
    from donations.stripe import parsing

    report = parsing.update_of(client.retrieve(opened.session_id), at=timezone.now())
    parked = StripeEvent.objects.get()
    events.complete(parked.pk, report)
    events.complete(parked.pk, report)
    assert LedgerEntry.objects.count() == 1
