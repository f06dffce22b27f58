"""Giving without a mouse: every stop can be seen, and Enter does what the focused thing says."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site

pytestmark = pytest.mark.browser

# The focused element's words, and the ring around it: its own, or that of the box it fills.
STOP = """() => {
    const here = document.activeElement;
    const ring = (part) => {
        const style = getComputedStyle(part);
        return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
    };
    const box = here.getBoundingClientRect();
    return {
        says: here.getAttribute("aria-label") || here.innerText || here.name || here.tagName,
        ring: Math.max(ring(here), ring(here.parentElement || here)),
        visible: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight,
        end: here === document.body,
    };
}"""


def stops(donor: Donor) -> list[str]:
    """Walk through the page with Tab; every stop must be visible and ringed. What each of them says."""
    said: list[str] = []
    while len(said) < 100:
        donor.page.keyboard.press("Tab")
        stop = donor.page.evaluate(STOP)
        if stop["end"]:
            return said
        assert stop["ring"] > 0, f"no ring around {stop['says']!r}"
        assert stop["visible"], f"out of sight: {stop['says']!r}"
        said.append(" ".join(stop["says"].split()))
    raise AssertionError("Tab never left the page")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_every_stop_of_the_donate_page_can_be_seen(open_browser, site: Site, color_scheme: str):
    donor = open_browser(site, color_scheme=color_scheme)
    donor.opens("/donate")
    said = stops(donor)
    assert said[0] == "Skip to content"
    coins = [f"Donate {amount} US dollars" for amount in (5, 10, 20, 50, 100)]
    first = said.index(coins[0])
    assert said[first : first + 7] == [*coins, "other_amount", "Donate"]


def test_every_stop_of_stripes_page_and_the_success_page_can_be_seen(donor: Donor):
    donor.opens("/donate")
    donor.chooses(20)
    stops(donor)
    donor.pays()
    donor.is_thanked_for("$20")
    assert "Save" in stops(donor)


def test_a_whole_gift_by_keyboard(either_donor: Donor, site: Site):
    keyboard = either_donor.page.keyboard
    either_donor.opens("/donate")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(either_donor.says).to_be_focused()
    # How often, then the first coin, the second, the third.
    for _ in range(4):
        keyboard.press("Tab")
    expect(either_donor.coin(20)).to_be_focused()
    keyboard.press("Enter")
    session_id = either_donor.is_at_stripe("$20.00")
    either_donor.page.get_by_label("E-mail").focus()
    for text in ("ada@example.com", "4242424242424242", "12/34", "123", "Ada"):
        keyboard.type(text)
        keyboard.press("Tab")
    keyboard.press("Enter")
    either_donor.is_thanked_for("$20")
    assert site.ledger(session_id) == [("payment", 2000)]
