"""A gift that comes again, with JavaScript and without: chosen, paid, and charged twice more by Stripe's clock."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, until

pytestmark = pytest.mark.browser

MONTH = 32 * 24 * 3600  # the longest month, and the hour that Stripe leaves an invoice open
CHARGES = (
    "SELECT COUNT(*) FROM donations_donation WHERE status = 'paid' AND subscription_id = "
    "(SELECT subscription_id FROM donations_donation WHERE session_id = ?)"
)


def charges(site: Site, session_id: str) -> int:
    """How many gifts the subscription that this page began has become."""
    return int(site.rows(CHARGES, session_id)[0][0])


def test_a_monthly_gift_and_two_renewals(either_donor: Donor, site: Site):
    either_donor.opens("/donate")
    expect(either_donor.page.get_by_label("One-time")).to_be_checked()
    either_donor.page.get_by_label("Monthly").check()
    expect(either_donor.coin(20)).to_be_hidden()
    either_donor.page.get_by_role("button", name="Donate 20 US dollars every month", exact=True).click()
    either_donor.is_at_stripe("$20.00")
    either_donor.pays()
    session_id = either_donor.is_thanked_for("$20")
    assert charges(site, session_id) == 1
    expect(either_donor.says).to_contain_text("You give it every month; your card is next charged on")
    for charged in (2, 3):
        site.stripe("POST", "test_helpers/sandbox/advance", seconds=MONTH)
        until(lambda charged=charged: charges(site, session_id) == charged)


def test_any_amount_is_given_as_often_as_its_button_says(either_donor: Donor, site: Site):
    either_donor.opens("/donate")
    either_donor.page.get_by_label("Yearly").check()
    either_donor.amount.fill("35")
    either_donor.page.get_by_role("button", name="Donate every year", exact=True).click()
    either_donor.is_at_stripe("$35.00")
    assert site.rows("SELECT frequency FROM donations_donation ORDER BY id DESC LIMIT 1") == [("yearly",)]
