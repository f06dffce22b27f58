"""What a donor meets who comes while cards are being tested: with JavaScript a moment's work, without it a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import expect

from tests.system.browser.conftest import Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, served
from tests.system.browser.test_accessibility import findings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crowded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that opens one page a minute for everybody together."""
    one_in_all = "from donations.models import Shield; Shield.objects.update(in_all=1)"
    with served(tmp_path_factory.mktemp("crowded"), first=one_in_all, SHIELD="true") as site:
        yield site


def comes_too_late(donor: Donor) -> None:
    # Somebody was quicker.
    requests.post(f"{donor.site.url}/api/checkout/", timeout=10)
    donor.opens("/donate")


def test_with_javascript_the_browser_works_and_goes_on_by_itself(crowded_site: Site, open_browser: Open) -> None:
    donor = open_browser(crowded_site)
    comes_too_late(donor)
    donor.amount.fill("12.50")
    donor.amount.press("Enter")
    donor.is_at_stripe("$12.50")


def test_without_javascript_the_donor_is_told_and_keeps_the_amount(crowded_site: Site, open_browser: Open) -> None:
    donor = open_browser(crowded_site, java_script_enabled=False)
    comes_too_late(donor)
    donor.types_amount("12.50")
    donor.is_told("Please try again in a minute.", "Nothing was taken, and we’ve kept your choice of $12.50.")
    donor.presses("Try again with $12.50")
    donor.is_told("Please try again in a minute.")
    donor.follows("Choose another amount")
    expect(donor.amount).to_have_value("12.50")


def test_axe_finds_nothing_on_the_page_that_asks_for_patience(crowded_site: Site, open_browser: Open) -> None:
    donor = open_browser(crowded_site, reduced_motion="reduce")
    # A browser that does the sum is gone before axe has looked.
    donor.page.route("**/puzzle*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    comes_too_late(donor)
    donor.types_amount("12.50")
    expect(donor.page.get_by_role("alert").first).to_contain_text("Please try again in a minute.")
    assert findings(donor) == []
