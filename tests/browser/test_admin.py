"""The treasurer's pages in a real browser: they work under the strict policy, and the ledger can only be read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.conftest import Open
from tests.browser.donor import Donor
from tests.browser.live_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def signed_in(browser: Browser, running_site: Site) -> StorageState:
    """The cookies of a treasurer who has signed in."""
    running_site.make_treasurer("correct horse battery staple")
    with browser.new_context() as context:
        Donor(context, running_site).signs_in_to_the_admin("correct horse battery staple")
        return context.storage_state()


@pytest.fixture
def treasurer(open_browser: Open, site: Site, signed_in: StorageState) -> Donor:
    return open_browser(site, storage_state=signed_in)


def test_a_gift_is_found_with_its_one_entry(treasurer: Donor, donor: Donor):
    session_id = donor.gives(20)
    treasurer.opens("/admin/")
    treasurer.page.get_by_role("row", name="Donations").get_by_role("link", name="Donations").click()
    treasurer.page.locator("#searchbar").fill(session_id)
    treasurer.presses("Search")
    gifts = treasurer.page.locator("#result_list tbody tr")
    expect(gifts).to_have_count(1)
    expect(gifts.locator(".field-sum")).to_have_text("$20.00")
    expect(gifts.locator(".field-status")).to_have_text("paid")
    gifts.get_by_role("link").first.click()
    expect(treasurer.page.get_by_text(session_id)).to_be_visible()
    entries = treasurer.page.locator("#entries-group tbody tr.has_original")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("$20.00")
    expect(treasurer.page.get_by_role("link", name="Delete")).to_have_count(0)


def test_a_misspelt_name_can_be_mended_and_the_amount_cannot(treasurer: Donor, donor: Donor):
    donor.gives(20)
    treasurer.opens("/admin/donations/donation/")
    treasurer.page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    expect(treasurer.page.locator("[name=amount], [name=status], [name=session_id]")).to_have_count(0)
    treasurer.page.get_by_label("Name:", exact=True).fill("Ada L.")
    treasurer.page.get_by_role("button", name="Save", exact=True).click()
    expect(treasurer.page.locator(".messagelist .success")).to_contain_text("was changed successfully")
    expect(treasurer.page.locator("#result_list tbody tr").first.locator(".field-name")).to_have_text("Ada L.")


def test_the_ledger_can_be_read_and_nothing_else(treasurer: Donor, donor: Donor):
    donor.gives(20)
    treasurer.opens("/admin/donations/ledgerentry/")
    rows = treasurer.page.locator("#result_list tbody tr")
    expect(rows.first.locator(".field-sum")).to_have_text("$20.00")
    expect(treasurer.page.locator("a[href*='ledgerentry/add']")).to_have_count(0)
    expect(treasurer.page.get_by_role("combobox", name="Action")).to_have_count(0)
    rows.first.get_by_role("link").first.click()
    expect(treasurer.page.locator(".field-source .readonly")).to_contain_text("pi_")
    expect(
        treasurer.page.locator("#ledgerentry_form input:not([type=hidden]), #ledgerentry_form select")
    ).to_have_count(0)
    expect(treasurer.page.get_by_role("button", name=re.compile("Save"))).to_have_count(0)
    expect(treasurer.page.get_by_role("link", name="Delete")).to_have_count(0)
    treasurer.expects_complaint("status of 403")
    for verb in ("delete", "change"):
        answer = treasurer.page.request.post(
            re.sub(r"change/?$", f"{verb}/", treasurer.page.url),
            form={"csrfmiddlewaretoken": _csrf(treasurer), "amount": "1", "post": "yes"},
            headers={"Referer": treasurer.page.url},
        )
        assert answer.status == 403


def test_what_stripe_said_can_be_read_and_nothing_else(treasurer: Donor, donor: Donor):
    donor.gives(20)
    for path in ("stripeevent", "striperef"):
        treasurer.opens(f"/admin/donations/{path}/")
        treasurer.page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
        expect(treasurer.page.locator("#content .readonly").first).to_be_visible()
        expect(treasurer.page.get_by_role("button", name=re.compile("Save"))).to_have_count(0)


def test_the_admin_has_an_icon(treasurer: Donor):
    """A page that names none makes the browser ask for /favicon.ico, and note in the console that it is missing."""
    treasurer.opens("/admin/donations/donation/")
    named = treasurer.page.locator("link[rel~=icon]")
    address = named.first.get_attribute("href") if named.count() else "/favicon.ico"
    assert treasurer.page.request.get(f"{treasurer.site.url}{address}").ok


def _csrf(treasurer: Donor) -> str:
    return treasurer.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
