"""kill -9 between any two steps of a gift: after a restart and a retry, nothing is lost and nothing is doubled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from donations.giving.claims import CLAIM_FOR
from sandbox.webhooks import sender
from tests.system.journeys.databases import Database
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site
from tests.system.journeys.waiting import Within

pytestmark = pytest.mark.slow

NewDonor = Callable[[Site], Donor]

ONE_GIFT = {"currency": "usd", "raised": "20.00", "raised_minor": 2000, "donations": 1}


def session_in(url: str) -> str:
    """The session's id in the address of its pay page or of the success page."""
    parts = urlsplit(url)
    return parse_qs(parts.query).get("session_id", [parts.path.rpartition("/")[2]])[0]


def nothing_is_lost_or_doubled(site: Site, soon: Within) -> None:
    """One donation, one session, one ledger row, and the public total of one gift of $20."""
    soon.see(site.ledger, "the gift in the ledger")
    soon.see(lambda: site.stats() == ONE_GIFT, "the right public total")
    ((donation, status, session),) = site.database.rows("SELECT id, status, session_id FROM donations_donation")
    assert status == "paid"
    assert site.ledger() == [("payment", 2000, "usd", donation)]
    assert [(each["id"], each["status"]) for each in site.stripe.sessions()] == [(session, "complete")]


def and_stays_so_when_stripe_tells_all_again(site: Site, soon: Within) -> None:
    site.stripe.behave(delivery="normal")
    site.stripe.resend(all="true")
    soon.see(lambda: not site.stripe.undelivered(), "all events delivered")
    assert site.database.count("donations_stripeevent") == len(site.stripe.events()) >= 3
    assert site.database.count("donations_stripeevent", "state NOT IN ('handled', 'ignored')") == 0
    nothing_is_lost_or_doubled(site, soon)


# --- On the way out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dying", "donations", "pages", "sessions"),
    [
        pytest.param("donations.giving.claims.insert_once before", 0, 0, 0, id="before the donation is stored"),
        pytest.param(
            "donations.stripe.client.create_session before", 1, 0, 0, id="after it is stored, before Stripe is asked"
        ),
        pytest.param("donations.stripe.client.create_session after", 1, 0, 1, id="after Stripe answered"),
        pytest.param(
            "donations.giving.claims.StripeRef.objects.bulk_create after", 1, 0, 1, id="while the page is stored"
        ),
        pytest.param("donations.giving.claims.keep after", 1, 1, 1, id="after the page is stored"),
        pytest.param("donations.giving.views._leave after", 1, 1, 1, id="before the donor is answered"),
    ],
)
def test_killed_on_the_way_to_stripe_the_same_form_still_makes_one_gift(
    site: Site, donor: NewDonor, dying: str, donations: int, pages: int, sessions: int
) -> None:
    site.start(dying)
    ada = donor(site)
    with pytest.raises(requests.ConnectionError):
        ada.gives()
    assert site.was_killed()
    assert site.database.count("donations_donation") == donations
    assert site.database.count("donations_donation", "session_url <> ''") == pages
    assert site.database.count("donations_donation", "claimed_at IS NOT NULL") == donations - pages
    assert len(site.stripe.sessions()) == sessions

    soon = Within(60)
    site.start_later(CLAIM_FOR)
    page = ada.gives_until_it_works(soon)
    (session,) = site.stripe.sessions()
    assert page == session["url"]
    ada.pays(page)
    assert "Thank you" in ada.is_told(session["id"])
    nothing_is_lost_or_doubled(site, soon)


# --- While a webhook is handled ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dying", "booked"),
    [
        pytest.param("donations.stripe.events.insert_once before", False, id="before the event is stored"),
        pytest.param("donations.stripe.events.insert_once after", False, id="after the event is stored"),
        pytest.param("donations.ledger.posting._insert after", False, id="after the ledger row"),
        pytest.param("donations.ledger.posting.post after", False, id="before the commit"),
        pytest.param("donations.stripe.events.receive after", True, id="after the commit"),
        pytest.param("donations.stripe.webhook._answer after", True, id="before the answer is sent"),
    ],
)
def test_killed_while_a_webhook_is_handled_the_redelivery_books_the_gift_once(
    site: Site, donor: NewDonor, dying: str, booked: bool
) -> None:
    site.start(dying)
    ada = donor(site)
    # One event alone: the others of the same payment would hide its loss.
    site.stripe.behave(delivery="lost")
    ada.pays(ada.gives_until_it_works(Within(20)))
    (completed,) = site.stripe.events(type="checkout.session.completed")
    site.stripe.resend(event=completed["id"])
    assert site.was_killed()
    assert site.database.count("donations_stripeevent") == len(site.ledger()) == int(booked), "both or neither"

    soon = Within(60)
    site.start()
    soon.see(lambda: completed["id"] not in site.stripe.undelivered(), "the redelivery")
    nothing_is_lost_or_doubled(site, soon)
    and_stays_so_when_stripe_tells_all_again(site, soon)


def test_killed_while_it_books_a_fetched_event_of_another_release_it_fetches_it_again(
    site: Site, donor: NewDonor
) -> None:
    site.start("donations.ledger.posting.post after")
    ada = donor(site)
    site.stripe.behave(delivery="lost", release="dahlia")
    ada.pays(ada.gives_until_it_works(Within(20)))
    (completed,) = site.stripe.events(type="checkout.session.completed")
    site.stripe.resend(event=completed["id"])
    assert site.was_killed()
    assert site.database.rows("SELECT id, state FROM donations_stripeevent") == [(completed["id"], "parked")]
    assert site.ledger() == []

    soon = Within(60)
    site.start_later(timedelta(seconds=20))  # whoever tries an event again holds it for so long
    nothing_is_lost_or_doubled(site, soon)
    assert site.database.rows("SELECT state FROM donations_stripeevent") == [("handled",)]


# --- On the way back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dying", "booked"),
    [
        pytest.param("donations.stripe.client.retrieve before", False, id="before Stripe is asked"),
        pytest.param("donations.stripe.client.retrieve after", False, id="after Stripe answered"),
        pytest.param("donations.ledger.posting._apply_to after", False, id="while it is booked"),
        pytest.param("donations.ledger.posting.post after", True, id="before the donor is answered"),
    ],
)
def test_killed_while_the_success_page_asks_stripe_the_next_look_tells_the_truth(
    site: Site, donor: NewDonor, dying: str, booked: bool
) -> None:
    site.start(dying)
    ada = donor(site)
    site.stripe.behave(delivery="lost")
    session = session_in(ada.pays(ada.gives_until_it_works(Within(20))).headers["Location"])
    with pytest.raises(requests.ConnectionError):
        ada.is_told(session)
    assert site.was_killed()
    assert len(site.ledger()) == int(booked)

    soon = Within(60)
    site.start()
    soon.see(lambda: "Thank you" in ada.is_told(session), "a success page that says paid")
    nothing_is_lost_or_doubled(site, soon)
    and_stays_so_when_stripe_tells_all_again(site, soon)


# --- With the sandbox inside, as `make run` has it --------------------------------------------------------------------


def test_killed_right_after_the_donor_paid_the_gift_appears_without_them(
    stack: ExitStack, new_sqlite: Callable[[], Database], donor: NewDonor
) -> None:
    site = Site(stack, new_sqlite())
    site.start("sandbox.webhooks.sender._claim before")
    ada = donor(site)
    page = ada.gives_until_it_works(Within(20))
    with pytest.raises(requests.ConnectionError):
        ada.pays(page)
    assert site.was_killed()
    assert site.ledger() == []

    soon = Within(60)
    site.start()
    nothing_is_lost_or_doubled(site, soon)
    assert "Thank you" in ada.is_told(session_in(page))


def test_killed_while_the_only_webhook_comes_in_it_comes_again(
    stack: ExitStack, new_sqlite: Callable[[], Database], donor: NewDonor
) -> None:
    site = Site(stack, new_sqlite())
    site.start("donations.stripe.webhook.stripe_webhook before")
    ada = donor(site)
    site.stripe.behave(delivery="lost")
    ada.pays(ada.gives_until_it_works(Within(20)))
    (completed,) = site.stripe.events(type="checkout.session.completed")
    with contextlib.suppress(requests.ConnectionError):  # the delivery may be quicker than this answer
        site.stripe.resend(event=completed["id"])
    assert site.was_killed()
    assert site.ledger() == []

    # The killed process held the delivery: another one takes it over when that claim has run out.
    soon = Within(60)
    site.start_later(timedelta(seconds=sender.LEASE))
    nothing_is_lost_or_doubled(site, soon)
