"""Stripe hangs, resets, errs or is away: the donor is told so in time, and the same form works when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests

from tests.donations import faulty_stripe
from tests.donations.faulty_stripe import FaultyStripe
from tests.system.journeys.databases import Database
from tests.system.journeys.donors import Donor, problem_on
from tests.system.journeys.sites import Site, Stripe
from tests.system.journeys.waiting import Within

NewDonor = Callable[[Site], Donor]

IN_TIME = 15  # seconds
BUSY = "Many people are giving right now. Nothing was taken. Try again in a minute."
UNREACHED = "We couldn’t reach Stripe. Nothing was taken. Try again in a minute."
REFUSED = "Stripe didn’t accept this request. Nothing was taken. Try again later."
FAULTY = "Stripe is having trouble right now. Nothing was taken. Try again in a minute."


@pytest.fixture(scope="module")
def shared(new_database: Callable[[], Database]) -> Iterator[tuple[Site, FaultyStripe]]:
    """One site for all of Stripe's moods: each test comes with a form of its own."""
    with faulty_stripe.running() as stripe, ExitStack() as stack:
        site = Site(stack, new_database(), stripe.address)
        site.start()
        yield site, stripe


@pytest.fixture
def faulty(shared: tuple[Site, FaultyStripe]) -> Iterator[FaultyStripe]:
    """Stripe, which has not been asked anything yet."""
    stripe = shared[1]
    stripe.made.clear()
    stripe.asked.clear()
    stripe.delay.clear()
    yield stripe
    stripe.mode = "ok"
    stripe.delay.set()


@pytest.fixture
def ada(shared: tuple[Site, FaultyStripe], donor: NewDonor) -> Donor:
    return donor(shared[0])


def is_told_plainly(donor: Donor, answer: requests.Response, problem: str) -> None:
    """A page that says what happened, and that holds the same form."""
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert problem_on(answer.text) == problem
    # The coins of each frequency, and the amount of one's own.
    assert answer.text.count(f'name="token" value="{donor.form["token"]}"') == 4
    assert donor.waited < IN_TIME


PROBLEMS: dict[str | int, str] = {
    "reset": UNREACHED,
    "reset after": UNREACHED,
    "garbage": UNREACHED,
    409: UNREACHED,
    429: BUSY,
    400: REFUSED,
    500: FAULTY,
    503: FAULTY,
}


@pytest.mark.parametrize(("mode", "problem"), PROBLEMS.items(), ids=map(str, PROBLEMS))
def test_the_donor_is_told_and_the_same_form_works_later(
    faulty: FaultyStripe, ada: Donor, mode: str | int, problem: str
) -> None:
    faulty.mode = mode
    for _ in range(2):
        is_told_plainly(ada, ada.gives(), problem)

    faulty.mode = "ok"
    answer = ada.gives()
    (session,) = faulty.made.values()
    assert (answer.status_code, answer.headers["Location"]) == (303, session["url"])
    assert ada.gives().headers["Location"] == session["url"], "never the page of a second session"
    assert sum(faulty.asked.values()) == 3


def test_htmx_gets_the_same_words_as_a_fragment(faulty: FaultyStripe, ada: Donor) -> None:
    faulty.mode = "reset"
    answer = ada.gives(**{"HX-Request": "true"})
    is_told_plainly(ada, answer, UNREACHED)
    assert "<html" not in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["hang", "hang after"])
def test_a_stripe_that_hangs_costs_the_donors_15_seconds_at_most_and_nobody_else_any(
    shared: tuple[Site, FaultyStripe], faulty: FaultyStripe, donor: NewDonor, mode: str
) -> None:
    site = shared[0]
    donors = [donor(site) for _ in range(13)]
    faulty.mode = mode
    with ThreadPoolExecutor(12) as pool:
        hanging = pool.map(lambda each: each.gives(), donors[:12])
        Within(10).see(lambda: sum(faulty.asked.values()) == 12, "twelve calls to Stripe under way")
        is_told_plainly(donors[12], donors[12].gives(), BUSY)
        assert donors[12].waited < 6
        started = time.monotonic()
        assert requests.get(f"{site.address}/", timeout=10).status_code == 200
        assert time.monotonic() - started < 6
        for each, answer in zip(donors, hanging, strict=False):
            is_told_plainly(each, answer, UNREACHED)

    faulty.mode = "ok"
    urls = [each.gives().headers["Location"] for each in donors]
    assert sorted(urls) == sorted(session["url"] for session in faulty.made.values())
    assert len(set(urls)) == 13


def test_a_stripe_that_is_away_and_comes_back_opens_one_page(
    site_and_stripe: tuple[Site, Stripe], donor: NewDonor
) -> None:
    site, stripe = site_and_stripe
    site.start()
    ada = donor(site)
    stripe.kill()
    is_told_plainly(ada, ada.gives(), UNREACHED)
    assert site.database.rows("SELECT status, session_url FROM donations_donation") == [("pending", "")]

    stripe.start()
    page = ada.gives_until_it_works(Within(20))
    assert [session["url"] for session in site.stripe.sessions()] == [page]
    assert site.database.count("donations_donation") == 1
