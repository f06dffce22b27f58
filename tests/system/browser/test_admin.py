"""The treasurer's pages in a real browser: they work under the strict policy, and the ledger can only be read."""

from __future__ import annotations

import re
from base64 import b32decode
from collections.abc import Iterator

import pytest
from django_otp.oath import totp
from playwright.sync_api import Browser, StorageState, expect

from tests.system.browser.conftest import Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, served, until
from tests.system.browser.test_accessibility import findings as axe_findings

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"
DISPUTED = "4000 0000 0000 0259"


def findings(donor: Donor) -> list[str]:
    # Django's sheets import one another, and axe would copy those into the page, which its policy forbids.
    return axe_findings(donor, preload=False)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, running_site: Site) -> StorageState:
    """The cookies of a treasurer who has signed in."""
    running_site.make_treasurer(PASSWORD)
    with browser.new_context() as context:
        Donor(context, running_site).signs_in_to_the_admin(PASSWORD)
        return context.storage_state()


@pytest.fixture
def treasurer(open_browser: Open, site: Site, signed_in: StorageState) -> Donor:
    return open_browser(site, storage_state=signed_in, reduced_motion="reduce")


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
    treasurer.page.locator("summary", has_text="Details").click()
    expect(treasurer.page.get_by_text(session_id).first).to_be_visible()
    expect(treasurer.page.locator(".desk-timeline")).to_contain_text("$20.00 arrived")
    entries = treasurer.page.locator("#ledger-rows tbody tr")
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
    expect(treasurer.page.locator("#result_list tbody tr").first.locator(".field-given_by")).to_have_text("Ada L.")


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


def test_a_dispute_leads_from_the_front_page_to_what_is_held(treasurer: Donor, donor: Donor):
    donor.opens("/donate")
    donor.chooses(50)
    donor.pays(DISPUTED)
    donor.is_thanked_for("$50")
    until(lambda: treasurer.site.rows("SELECT 1 FROM donations_case WHERE kind = 'dispute'"))
    treasurer.opens("/admin/")
    treasurer.page.get_by_role("link", name=re.compile("^Answer the bank about \\$50.00 by")).click()
    treasurer.is_told_of("What the bank says", "did not make this payment")
    expect(treasurer.page.locator("#evidence")).to_contain_text("ada@example.com")
    expect(treasurer.page.get_by_label("The same as text")).to_have_value(re.compile("pi_"))
    assert findings(treasurer) == []


def test_the_months_are_a_picture_and_a_table(treasurer: Donor, donor: Donor):
    donor.gives(20)
    treasurer.opens("/admin/")
    expect(treasurer.page.locator("svg.desk-chart rect")).to_have_count(12)
    treasurer.page.get_by_text("The months as a table").click()
    table = treasurer.page.get_by_role("region", name="The last twelve months, USD")
    expect(table.get_by_role("row")).to_have_count(13)


def test_a_flag_is_looked_at_without_javascript(open_browser: Open, site: Site, signed_in: StorageState, donor: Donor):
    donor.gives(20)
    treasurer = open_browser(site, storage_state=signed_in, java_script_enabled=False)
    treasurer.opens("/admin/donations/donation/")
    treasurer.page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    treasurer.page.get_by_label("Private notes").fill("She called.")
    treasurer.page.get_by_role("button", name="Save", exact=True).click()
    expect(treasurer.page.locator(".messagelist .success")).to_contain_text("was changed successfully")


@pytest.mark.parametrize("path", ["", "donations/donation/", "donations/donation/?q=ada", "donations/case/"])
def test_axe_finds_nothing_at_the_desk(treasurer: Donor, donor: Donor, path: str):
    donor.gives(20)
    treasurer.opens(f"/admin/{path}")
    assert findings(treasurer) == []


def test_axe_finds_nothing_on_a_gifts_page(treasurer: Donor, donor: Donor):
    donor.gives(20)
    treasurer.opens("/admin/donations/donation/")
    treasurer.page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    treasurer.page.wait_for_url("**/change/**")
    assert findings(treasurer) == []


# What sticks out of a phone's screen, and cells that are narrower than the longest of their words.
BROKEN = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const broken = [...document.querySelectorAll("main th, main td")].filter(cell => {
    if (!cell.checkVisibility() || cell.closest(".visually-hidden")) return false;
    const style = getComputedStyle(cell);
    pen.font = style.font;
    const words = cell.innerText.split(/[\\s\u2013-]+/).map(word => pen.measureText(word).width);
    const room = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return room + 2 < Math.max(...words);
  });
  const wide = document.documentElement.scrollWidth - innerWidth;
  return [...broken.map(cell => cell.innerText), ...(wide > 0 ? [`${wide} pixels too wide`] : [])];
}"""


def test_a_phone_shows_whole_words_and_no_page_that_is_too_wide(treasurer: Donor, donor: Donor):
    donor.gives(20)
    treasurer.page.set_viewport_size({"width": 360, "height": 740})
    lists = ("donation", "case", "subscription", "message", "ledgerentry", "stripeevent")
    for path in ("", *(f"donations/{name}/" for name in lists), "donations/donation/export/"):
        treasurer.opens(f"/admin/{path}")
        assert treasurer.page.evaluate(BROKEN) == [], path


def test_on_a_phone_the_chart_begins_with_this_month(treasurer: Donor, donor: Donor):
    donor.gives(20)
    treasurer.page.set_viewport_size({"width": 360, "height": 740})
    treasurer.opens("/admin/")
    newest = treasurer.page.locator(".desk-scroll-chart").first.locator(".desk-column").last.bounding_box()
    assert newest is not None
    assert 0 < newest["x"] < 360 - newest["width"]


# --- The second step ---


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Another site, where the staff take a second step."""
    with served(tmp_path_factory.mktemp("guarded"), STAFF_TWO_FACTOR="true") as site:
        site.make_treasurer(PASSWORD)
        yield site


def test_the_staff_take_a_second_step(open_browser: Open, guarded: Site):
    treasurer = open_browser(guarded, reduced_motion="reduce")
    treasurer.types_password(PASSWORD)
    treasurer.is_told_of("Set up the second step", "Open an authenticator app")
    assert findings(treasurer) == []
    secret = b32decode(treasurer.page.locator(".desk-secret").inner_text())
    treasurer.page.get_by_label("Code").fill(f"{totp(secret):06}")
    treasurer.presses("Go on")
    treasurer.is_told_of("Recovery codes", "Your phone is set up.")
    assert findings(treasurer) == []
    codes = treasurer.page.locator(".desk-codes code").all_inner_texts()
    treasurer.follows("I have kept them: go on")
    expect(treasurer.page.get_by_role("heading", name="The desk of")).to_be_visible()

    elsewhere = open_browser(guarded, reduced_motion="reduce")
    elsewhere.types_password(PASSWORD)
    elsewhere.is_told_of("Second step", "Type the six digits")
    assert findings(elsewhere) == []
    elsewhere.page.get_by_label("Code").fill(codes[0])
    elsewhere.presses("Go on")
    expect(elsewhere.page.get_by_role("heading", name="The desk of")).to_be_visible()


def _csrf(treasurer: Donor) -> str:
    return treasurer.page.locator("[name=csrfmiddlewaretoken]").first.input_value()


def test_the_shield_tells_how_things_stand(treasurer: Donor):
    treasurer.opens("/admin/donations/shield/")
    expect(treasurer.says).to_contain_text("The shield is switched off (SHIELD=false).")
    expect(treasurer.page.get_by_role("button", name="Ring the alarm")).to_have_count(0)
    assert findings(treasurer) == []
