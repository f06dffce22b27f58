"""Impatient and undecided donors: two clicks, the browser's Back, a network that goes away. One gift, or none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Playwright, Request, expect

from tests.system.browser.conftest import KINDS, Open, launch
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site

pytestmark = pytest.mark.browser


def test_a_double_click_makes_one_gift(either_donor: Donor, site: Site):
    gifts, sessions = site.gifts(), site.sessions()
    either_donor.opens("/donate")
    either_donor.coin(20).dblclick()
    session_id = either_donor.is_at_stripe("$20.00")
    either_donor.pays()
    assert either_donor.is_thanked_for("$20") == session_id
    assert site.gifts() == [*gifts, (2000, "paid")]
    assert site.sessions() == [session_id, *sessions]


def test_two_clicks_on_a_slow_network_make_one_gift(either_donor: Donor, site: Site):
    gifts, sessions = site.gifts(), site.sessions()
    either_donor.opens("/donate")
    _slow_down(either_donor)
    place = _place(either_donor.coin(20))
    for _ in range(2):
        either_donor.page.mouse.click(*place)
    session_id = either_donor.is_at_stripe("$20.00")
    assert site.gifts() == [*gifts, (2000, "pending")]
    assert site.sessions() == [session_id, *sessions]


def test_with_javascript_the_second_click_is_not_even_sent(donor: Donor):
    sent: list[Request] = []
    donor.page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    donor.opens("/donate")
    _slow_down(donor)
    place = _place(donor.coin(20))
    donor.page.mouse.click(*place)
    expect(donor.coin(20)).to_be_disabled()
    expect(donor.page.get_by_role("status").get_by_text("Taking you to Stripe…")).to_be_visible()
    expect(donor.page.locator("#give")).to_have_attribute("aria-busy", "true")
    donor.page.mouse.click(*place)
    donor.is_at_stripe("$20.00")
    assert len(sent) == 1


def _slow_down(donor: Donor) -> None:
    network = donor.context.new_cdp_session(donor.page)
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 1000, "downloadThroughput": -1, "uploadThroughput": -1},
    )


def _place(coin: Locator) -> tuple[float, float]:
    """Where a hand would click, whether or not the coin takes a click."""
    box = coin.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# --- Back ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def remembering(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as people have it: it keeps pages in memory for Back, which Playwright switches off."""
    browser = launch(playwright, ignore_default_args=["--disable-back-forward-cache"])
    yield browser
    browser.close()


@pytest.fixture(
    params=[
        (kind, memory) for kind in ("with JavaScript", "without JavaScript") for memory in ("reloads", "remembers")
    ],
    ids=lambda param: f"{param[0]}, {param[1]}",
)
def returning_donor(
    open_browser: Open, site: Site, browser: Browser, remembering: Browser, request: pytest.FixtureRequest
) -> Donor:
    """Goes back, in a browser that loads pages again or takes them from memory."""
    kind, memory = request.param
    return open_browser(site, remembering if memory == "remembers" else browser, **KINDS[kind])


def test_back_and_the_same_amount_leads_to_the_same_page_at_stripe(returning_donor: Donor, site: Site):
    gifts = site.gifts()
    returning_donor.opens("/donate")
    session_id = returning_donor.chooses(20)
    returning_donor.goes_back()
    assert returning_donor.chooses(20) == session_id
    assert site.gifts() == [*gifts, (2000, "pending")]


def test_back_and_another_amount_is_another_gift(returning_donor: Donor, site: Site):
    gifts = site.gifts()
    returning_donor.opens("/donate")
    session_id = returning_donor.chooses(20)
    returning_donor.goes_back()
    assert returning_donor.chooses(50) != session_id
    assert site.gifts() == [*gifts, (2000, "pending"), (5000, "pending")]


def test_back_after_paying_and_the_same_amount_is_no_second_payment(returning_donor: Donor, site: Site):
    gifts = site.gifts()
    returning_donor.opens("/donate")
    session_id = returning_donor.chooses(20)
    returning_donor.pays()
    returning_donor.is_thanked_for("$20")
    # Stripe's page of a paid gift sends the donor on; the coins are one step further back.
    returning_donor.page.go_back(wait_until="commit")
    returning_donor.is_thanked_for("$20")
    returning_donor.goes_back()
    returning_donor.coin(20).click()
    assert returning_donor.is_thanked_for("$20") == session_id
    assert site.gifts() == [*gifts, (2000, "paid")]
    assert site.ledger(session_id) == [("payment", 2000)]


def test_giving_again_is_a_new_gift(donor: Donor, site: Site):
    first = donor.gives(20)
    donor.follows("Donate again")
    expect(donor.amount).to_have_value("20")
    donor.amount.press("Enter")
    assert donor.is_at_stripe("$20.00") != first


def test_stripes_page_of_a_paid_gift_leads_to_the_success_page(donor: Donor, site: Site):
    donor.opens("/donate")
    session_id = donor.chooses(20)
    pay_page = donor.page.url
    donor.pays()
    donor.is_thanked_for("$20")
    donor.page.goto(pay_page)
    assert donor.is_thanked_for("$20") == session_id
    assert site.ledger(session_id) == [("payment", 2000)]


# --- No network ------------------------------------------------------------------------------------------------------


def test_without_network_it_says_so_and_the_same_click_works_later(donor: Donor, site: Site):
    donor.expects_complaint("ERR_INTERNET_DISCONNECTED")
    donor.expects_complaint("htmx:")
    gifts = site.gifts()
    donor.opens("/donate")
    donor.context.set_offline(True)
    donor.coin(20).click()
    note = donor.page.get_by_role("alert")
    expect(note).to_have_text("We couldn’t reach this site. Nothing was taken. Check your connection and try again.")
    expect(note).to_be_focused()
    expect(donor.page.get_by_role("status").get_by_text("Taking you to Stripe…")).to_be_hidden()
    for button in donor.page.locator("#give button").all():
        expect(button).to_be_enabled()
    donor.context.set_offline(False)
    donor.chooses(20)
    assert site.gifts() == [*gifts, (2000, "pending")]
