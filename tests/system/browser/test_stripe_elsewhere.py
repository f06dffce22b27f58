"""The site without DEBUG, and Stripe at another origin: it can be away for a while, and come back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.system.browser.conftest import KINDS, Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, StripeElsewhere, until

pytestmark = pytest.mark.browser


@pytest.fixture
def site(in_production: tuple[Site, StripeElsewhere]) -> Site:
    return in_production[0]


def test_a_gift_at_another_origin(either_donor: Donor, site: Site):
    session_id = either_donor.gives(20)
    until(lambda: site.events(session_id))
    assert not either_donor.site.stripe_url.startswith(either_donor.site.url)
    assert site.ledger(session_id) == [("payment", 2000)]


def test_cancelling_at_another_origin(either_donor: Donor):
    either_donor.opens("/donate")
    session_id = either_donor.chooses(20)
    either_donor.follows("← Back to")
    either_donor.is_told("No harm done.")
    either_donor.follows("Go back and donate $20")
    assert either_donor.is_at_stripe("$20.00") == session_id


def test_while_stripe_is_away_it_says_so_and_the_retry_is_the_same_gift(
    either_donor: Donor, site: Site, stripe: StripeElsewhere
):
    gifts, sessions = site.gifts(), site.sessions()
    either_donor.opens("/donate")
    stripe.stop()
    either_donor.coin(20).click()
    note = either_donor.page.get_by_role("alert").filter(visible=True)
    expect(note).to_have_text("We couldn’t reach Stripe. Nothing was taken. Try again in a minute.")
    expect(either_donor.page).to_have_title("Error: Donate | Tincup")
    assert site.gifts() == [*gifts, (2000, "pending")]
    stripe.start()
    session_id = either_donor.chooses(20)
    assert site.gifts() == [*gifts, (2000, "pending")]
    assert site.sessions() == [session_id, *sessions]
    either_donor.pays()
    assert either_donor.is_thanked_for("$20") == session_id


def test_the_word_that_stripe_is_away_has_the_focus(either_donor: Donor, stripe: StripeElsewhere):
    either_donor.opens("/donate")
    stripe.stop()
    either_donor.coin(20).click()
    note = either_donor.page.get_by_role("alert").filter(visible=True)
    expect(note).to_contain_text("reach Stripe")
    expect(note).to_be_focused(timeout=1000)


def test_the_success_page_finds_out_by_itself(either_donor: Donor, stripe: StripeElsewhere, site: Site):
    site.behave(delivery="lost")
    either_donor.opens("/donate")
    session_id = either_donor.chooses(20)
    either_donor.pays_and_closes_the_window()
    stripe.stop()
    either_donor.expects_complaint("ERR_CONNECTION_REFUSED")
    either_donor.opens(f"/success?session_id={session_id}")
    either_donor.is_told("Nearly there.", "Stripe is still confirming your payment.")
    assert site.ledger(session_id) == []
    stripe.start()
    site.behave(delivery="normal")
    either_donor.is_thanked_for("$20")
    assert site.ledger(session_id) == [("payment", 2000)]


def test_a_change_is_spoken_and_a_look_without_news_is_not(open_browser: Open, site: Site, stripe: StripeElsewhere):
    donor = open_browser(site)
    donor.expects_complaint("ERR_CONNECTION_REFUSED")
    donor.opens("/donate")
    session_id = donor.chooses(20)
    donor.page.wait_for_load_state()  # a page whose files are cut off would complain
    stripe.stop()
    donor.opens(f"/success?session_id={session_id}")
    donor.is_told("Nearly there.")
    spoken = donor.page.locator("[data-live]")
    with donor.page.expect_response("**/success/status?*"):
        pass
    expect(spoken).to_have_text("")
    stripe.start()
    donor.is_told("You haven’t paid yet.")
    expect(spoken).to_have_text("You haven’t paid yet.")


def test_a_fault_of_the_site_is_said_in_plain_words(donor: Donor):
    donor.expects_complaint("status of 500")
    donor.expects_complaint("Response Status Error Code 500")
    donor.opens("/donate")
    donor.page.route("**/donate", lambda route: route.fulfill(status=500, body="Traceback"))
    donor.coin(20).click()
    note = donor.page.get_by_role("alert")
    expect(note).to_contain_text("Something went wrong on our side. Nothing was taken.")
    expect(note).to_be_focused()
    expect(donor.says).not_to_contain_text("Traceback")
    donor.page.unroute("**/donate")
    donor.chooses(20)


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_leads_nowhere_gets_our_own_page(open_browser: Open, site: Site, kind: str):
    donor = open_browser(site, **KINDS[kind])
    donor.expects_complaint("status of 404")
    donor.opens("/success?session_id=cs_test_nothing")
    donor.is_told("This page isn’t in the book.", "Nothing has happened to any gift.")
