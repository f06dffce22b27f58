"""From a guest's gift to an account of one's own, and out again."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.system.browser.conftest import KINDS, Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, served, until

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this site's e-mails go, a file each."""
    return tmp_path_factory.mktemp("letters")


@pytest.fixture(scope="module")
def posting_site(tmp_path_factory: pytest.TempPathFactory, letters: Path) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("posting"), EMAIL_URL=f"filemail:///{letters}") as site:
        yield site


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def ada(open_browser: Open, posting_site: Site, request: pytest.FixtureRequest) -> Donor:
    donor = open_browser(posting_site, **KINDS[request.param])
    donor.expects_complaint("status of 410")
    return donor


def link_to(letters: Path, address: str, words: str) -> str:
    """The link of the newest e-mail to this address in which these words stand."""

    def found() -> str:
        for file in sorted(letters.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True):
            # One connection's e-mails stand in one file.
            for part in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
                message = email.message_from_bytes(part.strip(), policy=email.policy.default)
                body = message.get_body(("plain",))
                if message["To"] == address and words in str(message["Subject"]) and body:
                    match = re.search(r"https?://\S+", str(body.get_content()))
                    return match[0] if match else ""
        return ""

    return str(until(found))


def test_register_verify_and_the_earlier_gift_appears_then_take_everything_along_and_leave(
    ada: Donor, posting_site: Site, letters: Path, request: pytest.FixtureRequest
) -> None:
    address = f"ada{len(request.node.name)}@example.com"
    page = ada.page

    ada.opens("/donate")
    ada.chooses(50)
    ada.types_card(email=address)
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    ada.is_thanked_for("$50")
    raised = posting_site.raised()

    ada.opens("/register")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name").fill("Ada Lovelace")
    ada.presses("Register")
    ada.is_told("Check your e-mail")

    ada.opens("/login")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    ada.presses("Log in")
    expect(page.get_by_role("alert")).to_contain_text("don’t match")

    link = link_to(letters, address, "Confirm your e-mail address")
    page.goto(link)
    ada.is_told("One more step")
    page.get_by_label("The password you chose").fill(PASSWORD)
    ada.presses("Confirm and log in")
    ada.is_told("You have given $50.00 this year.")
    expect(page.get_by_role("region", name="Your gifts")).to_contain_text("Given in all")

    page.get_by_label("Status", exact=True).select_option("pencil")
    if "without" in request.node.name:
        ada.presses("Show")
    expect(page).to_have_url(re.compile(r"/account\?year=&state=pencil$"))
    expect(ada.says).to_contain_text("No gifts match that.")

    ada.opens("/account")
    page.get_by_role("link", name=re.compile(r"^Receipt \d+$")).click()
    ada.is_told("Donation receipt ", "$50.00")
    ada.opens("/account")
    ada.presses("Make a statement")
    ada.is_told("Statement", "Given in this period")

    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Make a statement")).to_be_hidden()
    expect(page.locator("tfoot"), "the sum stands once, not on every sheet").to_have_css("display", "table-row-group")
    page.emulate_media(media="screen")

    ada.opens("/account/data")
    with page.expect_download() as download:
        ada.follows("All of it (JSON)")
    data = json.loads(Path(download.value.path()).read_text())
    assert (data["account"]["email"], data["gifts"][0]["amount"]) == (address, "50.00")

    ada.follows("Close my account")
    page.get_by_label("Your current password").fill(PASSWORD)
    ada.presses("Close my account for good")
    ada.is_told("Your account is closed")
    page.goto(link)
    ada.is_told("This link no longer works")
    assert posting_site.raised() == raised
    assert posting_site.rows("SELECT 1 FROM accounts_user WHERE email = ?", address) == []
    assert posting_site.rows("SELECT 1 FROM donations_stripeevent WHERE body LIKE ?", f"%{address}%") == []
    assert posting_site.rows("SELECT 1 FROM donations_donation WHERE email = ?", address) == []
