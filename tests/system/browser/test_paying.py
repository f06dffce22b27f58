"""What can happen on Stripe's page, and what the donor is told afterwards."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.system.browser.donor import ASKS_FOR_APPROVAL, DECLINED, Donor
from tests.system.browser.live_site import Site, until

pytestmark = pytest.mark.browser

A_DAY = 24 * 3600


def test_a_declined_card_then_one_that_pays(either_donor: Donor, site: Site):
    gifts = site.gifts()
    either_donor.opens("/donate")
    session_id = either_donor.chooses(20)
    either_donor.pays(DECLINED)
    either_donor.is_declined()
    assert site.gifts() == [*gifts, (2000, "pending")]
    either_donor.pays()
    assert either_donor.is_thanked_for("$20") == session_id
    assert site.gifts() == [*gifts, (2000, "paid")]
    assert site.ledger(session_id) == [("payment", 2000)]


def test_a_card_that_asks_for_approval_and_gets_it(either_donor: Donor, site: Site):
    either_donor.opens("/donate")
    session_id = either_donor.chooses(10)
    either_donor.pays(ASKS_FOR_APPROVAL)
    either_donor.is_told("Is it you?")
    assert site.ledger(session_id) == []
    either_donor.presses("Approve the payment")
    either_donor.is_thanked_for("$10")
    assert site.ledger(session_id) == [("payment", 1000)]


def test_a_refused_approval_takes_nothing_and_another_card_pays(either_donor: Donor, site: Site):
    either_donor.opens("/donate")
    session_id = either_donor.chooses(10)
    either_donor.pays(ASKS_FOR_APPROVAL)
    either_donor.presses("Refuse it")
    either_donor.is_declined()
    assert site.ledger(session_id) == []
    either_donor.pays()
    either_donor.is_thanked_for("$10")
    assert site.ledger(session_id) == [("payment", 1000)]


def test_a_bank_payment_is_on_its_way_until_it_arrives(either_donor: Donor, site: Site):
    site.behave(bank_delay=A_DAY)
    either_donor.opens("/donate")
    session_id = either_donor.chooses(50)
    either_donor.pays_by_bank("settle")
    either_donor.is_told("Your bank is sending it.", "two to five working days")
    expect(either_donor.page).to_have_title(re.compile("^On its way"))
    assert site.ledger(session_id) == []
    site.settle(session_id, "settles")
    either_donor.looks_again_until("Thank you.")
    either_donor.is_thanked_for("$50")
    assert site.ledger(session_id) == [("payment", 5000)]


def test_a_bank_payment_that_fails_is_said_and_never_counted(either_donor: Donor, site: Site):
    site.behave(bank_delay=A_DAY)
    either_donor.opens("/donate")
    session_id = either_donor.chooses(50)
    either_donor.pays_by_bank("fail")
    either_donor.is_told("Your bank is sending it.")
    site.settle(session_id, "fails")
    either_donor.looks_again_until("It didn’t arrive.")
    either_donor.is_told("It didn’t arrive.", "Nothing was taken")
    assert site.ledger(session_id) == []
    either_donor.follows("Start again")
    expect(either_donor.amount).to_have_value("50")
    assert either_donor.chooses(50) != session_id


def test_leaving_stripes_page_takes_nothing_and_the_way_back_leads_to_the_same_page(either_donor: Donor, site: Site):
    gifts = site.gifts()
    either_donor.opens("/donate")
    either_donor.types_amount("12.50")
    session_id = either_donor.is_at_stripe("$12.50")
    pay_page = either_donor.page.url
    either_donor.follows("← Back to")
    either_donor.is_told("No harm done.", "nothing was taken")
    expect(either_donor.page.get_by_role("link", name="Choose another amount")).to_have_attribute(
        "href", re.compile(r"amount=12\.50$")
    )
    either_donor.follows("Go back and donate $12.50")
    assert either_donor.is_at_stripe("$12.50") == session_id
    assert either_donor.page.url == pay_page
    either_donor.pays()
    assert either_donor.is_thanked_for("$12.50") == session_id
    assert site.gifts() == [*gifts, (1250, "paid")]


def test_an_address_of_a_cancelled_gift_offers_a_stranger_the_amount_but_not_the_page(donor: Donor, stranger: Donor):
    donor.opens("/donate")
    session_id = donor.chooses(20)
    donor.follows("← Back to")
    stranger.page.goto(donor.page.url)
    stranger.is_told("No harm done.")
    assert session_id not in stranger.page.content()
    stranger.presses("Go back and donate $20")
    assert stranger.is_at_stripe("$20.00") != session_id


def test_the_success_page_of_an_unpaid_gift_leads_back_to_stripe(either_donor: Donor):
    either_donor.opens("/donate")
    session_id = either_donor.chooses(20)
    either_donor.opens(f"/success?session_id={session_id}")
    either_donor.is_told("You haven’t paid yet.", "nothing has been taken")
    either_donor.follows("Back to Stripe’s page")
    assert either_donor.is_at_stripe("$20.00") == session_id


def test_a_page_that_stripe_has_closed_says_so_and_a_new_gift_begins(donor: Donor, site: Site):
    donor.opens("/donate")
    session_id = donor.chooses(20)
    site.expire(session_id)
    donor.opens(f"/success?session_id={session_id}")
    donor.is_told("This payment page has closed.", "No money was taken.")
    donor.follows("Start again")
    expect(donor.amount).to_have_value("20")
    assert donor.chooses(20) != session_id


# --- When Stripe's events do not come as they should -----------------------------------------------------------------


def test_a_lost_webhook_does_not_keep_the_donor_in_doubt(either_donor: Donor, site: Site):
    site.behave(delivery="lost")
    session_id = either_donor.gives(20)
    assert site.events(session_id) == 0
    assert site.ledger(session_id) == [("payment", 2000)]


def test_a_late_webhook_changes_nothing_that_was_said(donor: Donor, site: Site):
    site.behave(delivery="late", delay=A_DAY)
    session_id = donor.gives(20)
    assert site.events(session_id) == 0
    site.behave(delivery="normal")
    site.resend()
    until(lambda: site.events(session_id))
    donor.page.reload()
    donor.is_thanked_for("$20")
    assert site.ledger(session_id) == [("payment", 2000)]


def test_events_that_come_twice_and_out_of_order_count_once(donor: Donor, site: Site):
    site.behave(doubled="true", shuffled="true", two_ids="true")
    session_id = donor.gives(20)
    until(lambda: site.events(session_id) >= 2)
    donor.page.reload()
    donor.is_thanked_for("$20")
    assert site.ledger(session_id) == [("payment", 2000)]
