"""Finding a page of the documentation: while typing, with Enter, and by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.system.browser.donor import Donor
from tests.system.browser.test_keyboard import stops

pytestmark = pytest.mark.browser


def test_pages_are_found_while_somebody_types(donor: Donor):
    donor.opens("/docs/giving")
    donor.page.get_by_label("Search the documentation").press_sequentially("pg_dump")
    found = donor.page.get_by_role("status").get_by_role("link", name="Backups")
    expect(found).to_be_visible()
    expect(donor.page.get_by_role("heading", level=1)).to_have_text("How a gift travels")
    donor.page.keyboard.press("Tab")
    donor.page.keyboard.press("Tab")
    expect(found).to_be_focused()
    donor.page.keyboard.press("Enter")
    donor.is_told("Backups")


def test_a_page_is_found_by_enter_with_and_without_javascript(either_donor: Donor):
    either_donor.opens("/docs/giving")
    either_donor.page.get_by_label("Search the documentation").fill("pg_dump")
    either_donor.page.keyboard.press("Enter")
    either_donor.is_told("Results for “pg_dump”")
    either_donor.says.get_by_role("link", name=re.compile("^Backups: ")).first.click()
    either_donor.is_told("Backups")


@pytest.mark.parametrize("path", ["/sponsors", "/sponsors/lately", "/docs", "/docs/settings", "/docs?q=stripe"])
def test_every_stop_can_be_seen(donor: Donor, path: str):
    donor.opens(path)
    assert stops(donor)[0] == "Skip to content"
