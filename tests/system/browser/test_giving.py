"""A gift from the front page to the book, and the amounts that a donor may type."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.system.browser.conftest import Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, served, until

pytestmark = pytest.mark.browser


def test_the_first_gift_of_a_fresh_site(tmp_path, open_browser: Open):
    with served(tmp_path) as site:
        donor = open_browser(site)
        donor.opens("/")
        expect(donor.says).to_contain_text("Somebody has to be first")
        donor.walks_from_the_front_page_to_the_coins()
        session_id = donor.chooses(20)
        donor.pays()
        assert donor.is_thanked_for("$20") == session_id

        expected = {"currency": "usd", "raised": "20.00", "raised_minor": 2000, "donations": 1}
        until(lambda: site.stats() == expected)
        donor.opens("/")
        expect(donor.says).to_contain_text("$20")
        expect(donor.says).to_contain_text("in 1 gift")

        site.make_treasurer("correct horse battery staple")
        treasurer = open_browser(site)
        treasurer.signs_in_to_the_admin("correct horse battery staple")
        treasurer.opens("/admin/donations/donation/")
        gifts = treasurer.page.locator("#result_list tbody tr")
        expect(gifts).to_have_count(1)
        expect(gifts).to_contain_text("$20.00")
        expect(gifts.locator(".field-status")).to_have_text("paid")
        gifts.get_by_role("link").first.click()
        entries = treasurer.page.locator("#ledger-rows tbody tr")
        expect(entries).to_have_count(1)
        expect(entries).to_contain_text("payment")
        expect(entries).to_contain_text("$20.00")


def test_a_gift_from_the_front_page_to_the_book(any_donor: Donor, site: Site):
    gifts = site.gifts()
    any_donor.walks_from_the_front_page_to_the_coins()
    session_id = any_donor.chooses(20)
    any_donor.pays()
    assert any_donor.is_thanked_for("$20") == session_id
    assert site.gifts() == [*gifts, (2000, "paid")]
    assert site.ledger(session_id) == [("payment", 2000)]


def test_enter_sends_the_amount_that_was_typed_and_not_the_first_coin(any_donor: Donor, site: Site):
    any_donor.opens("/donate")
    any_donor.amount.fill("12.50")
    any_donor.amount.press("Enter")
    session_id = any_donor.is_at_stripe("$12.50")
    any_donor.pays()
    any_donor.is_thanked_for("$12.50")
    assert site.ledger(session_id) == [("payment", 1250)]


WRONG = {
    "twenty": "Enter an amount, like 20 or 12.50.",
    "0.50": "The smallest gift is $1.",
    "10000.01": "The largest gift here is $10,000.",
}


def test_a_wrong_amount_is_explained_beside_the_field(any_donor: Donor, site: Site):
    gifts = site.gifts()
    any_donor.opens("/donate")
    for typed, said in WRONG.items():
        any_donor.types_amount(typed)
        error = any_donor.page.locator("#other_amount_said")
        expect(error).to_contain_text(said)
        expect(error).to_be_visible()
        expect(any_donor.amount).to_have_attribute("aria-describedby", "other_amount_said")
        expect(any_donor.amount).to_have_attribute("aria-invalid", "true")
        expect(any_donor.amount).to_have_value(typed)
        expect(any_donor.page).to_have_title("Error: Donate | Tincup")
        assert _gap_below(any_donor, "#other_amount", "#other_amount_said") < 40
    assert site.gifts() == gifts


def test_after_a_wrong_amount_the_focus_is_in_the_field_and_a_right_one_works(any_donor: Donor):
    any_donor.opens("/donate")
    any_donor.types_amount("twenty")
    expect(any_donor.amount).to_have_attribute("aria-invalid", "true")
    expect(any_donor.amount).to_be_focused(timeout=1000)
    any_donor.amount.fill("20")
    any_donor.amount.press("Enter")
    any_donor.is_at_stripe("$20.00")


def test_a_wrong_amount_is_told_while_it_is_typed(donor: Donor, site: Site):
    gifts = site.gifts()
    donor.opens("/donate")
    said = donor.page.locator("#other_amount_said")
    expect(said).to_have_attribute("aria-live", "polite")
    donor.amount.press_sequentially("0.50")
    expect(said).to_contain_text("The smallest gift is $1.")
    expect(donor.amount).to_have_attribute("aria-invalid", "true")
    expect(donor.amount).to_be_focused()
    donor.amount.fill("20")
    expect(said).to_have_text("Of $20, about $19.12 reaches us after the card fee.")
    expect(donor.amount).to_have_attribute("aria-invalid", "false")
    donor.amount.fill("")
    donor.amount.blur()
    expect(said).to_be_empty()
    assert site.gifts() == gifts


def test_a_coin_can_be_pressed_straight_after_typing(donor: Donor):
    donor.opens("/donate")
    donor.amount.press_sequentially("0.50")
    donor.chooses(20)


def test_coins_on_the_front_page_lead_to_stripe_by_one_click(any_donor: Donor):
    any_donor.opens("/")
    any_donor.coin(50).click()
    any_donor.is_at_stripe("$50.00")


def test_an_amount_in_the_address_fills_the_field(donor: Donor):
    donor.opens("/donate?amount=12.50")
    expect(donor.amount).to_have_value("12.50")


def _gap_below(donor: Donor, upper: str, lower: str) -> float:
    boxes = [donor.page.locator(selector).bounding_box() for selector in (upper, lower)]
    assert boxes[0]
    assert boxes[1]
    return boxes[1]["y"] - boxes[0]["y"] - boxes[0]["height"]
