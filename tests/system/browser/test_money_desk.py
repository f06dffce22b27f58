"""Money at the treasurer's desk in a real browser: sent back, taken out as a file, written down and struck out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.system.browser.conftest import Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, until
from tests.system.browser.test_accessibility import findings as axe_findings

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def signed_in(browser: Browser, running_site: Site) -> StorageState:
    running_site.make_treasurer(PASSWORD)
    with browser.new_context() as context:
        Donor(context, running_site).signs_in_to_the_admin(PASSWORD)
        return context.storage_state()


@pytest.fixture
def treasurer(open_browser: Open, site: Site, signed_in: StorageState) -> Donor:
    return open_browser(site, storage_state=signed_in, reduced_motion="reduce")


@pytest.fixture
def mended(site: Site) -> Iterator[Site]:
    """A site whose Stripe answers again when the test is over."""
    yield site
    site.behave(fault="", fault_calls="")


def findings(treasurer: Donor) -> list[str]:
    return axe_findings(treasurer, preload=False)


def gift_of(site: Site, session_id: str) -> int:
    return int(site.rows("SELECT id FROM donations_donation WHERE session_id = ?", session_id)[0][0])


def refunds_at_stripe(site: Site, session_id: str) -> list[int]:
    payment = site.stripe("GET", f"checkout/sessions/{session_id}")["payment_intent"]
    return [refund["amount"] for refund in site.stripe("GET", "refunds", payment_intent=payment)["data"]]


def asks_to_refund(treasurer: Donor, gift: int, amount: str = "") -> None:
    """As far as the page that says what it means."""
    treasurer.opens(f"/admin/donations/donation/{gift}/change/")
    treasurer.page.get_by_role("link", name="Refund", exact=True).click()
    if amount:
        treasurer.page.get_by_label("Amount").fill(amount)
    treasurer.presses("Next: what it means")
    treasurer.is_told_of("Send $", "It cannot be taken back.")


def test_a_double_click_sends_a_gift_back_once(treasurer: Donor, donor: Donor, site: Site):
    session_id = donor.gives(20)
    asks_to_refund(treasurer, gift_of(site, session_id))
    treasurer.page.get_by_role("button", name="Send $20.00 back").dblclick()
    expect(treasurer.page.locator(".messagelist .success").first).to_contain_text("$20.00 is on its way back")
    expect(treasurer.page.locator(".desk-timeline")).to_contain_text("Refund of $20.00 asked for: made")
    until(lambda: len(site.ledger(session_id)) == 2)
    assert refunds_at_stripe(site, session_id) == [2000]
    assert site.ledger(session_id) == [("payment", 2000), ("refund", -2000)]


def test_a_part_goes_back_and_the_rest_stays(treasurer: Donor, donor: Donor, site: Site):
    session_id = donor.gives(20)
    asks_to_refund(treasurer, gift_of(site, session_id), "12.50")
    expect(treasurer.says).to_contain_text("$7.50 of the gift stays.")
    treasurer.presses("Send $12.50 back")
    expect(treasurer.page.locator(".desk-figures")).to_contain_text("$7.50")
    assert refunds_at_stripe(site, session_id) == [1250]


def test_two_treasurers_at_once_send_it_back_once(
    open_browser: Open, donor: Donor, site: Site, signed_in: StorageState
):
    session_id = donor.gives(20)
    both = [open_browser(site, storage_state=signed_in, reduced_motion="reduce") for _ in range(2)]
    for one in both:
        asks_to_refund(one, gift_of(site, session_id))
    for one in both:
        # Without waiting for the answer: the other one clicks meanwhile.
        button = one.page.get_by_role("button", name="Send $20.00 back")
        button.evaluate("button => setTimeout(() => button.click(), 50)")
    for one in both:
        expect(one.page.locator(".messagelist .success, .errornote").first).to_be_visible()
    assert refunds_at_stripe(site, session_id) == [2000]


def test_an_answer_that_was_lost_is_asked_for_again(treasurer: Donor, donor: Donor, mended: Site):
    session_id = donor.gives(20)
    asks_to_refund(treasurer, gift_of(mended, session_id))
    mended.behave(fault="reset_after", fault_calls="POST refunds")
    treasurer.presses("Send $20.00 back")
    treasurer.is_told_of("Refund gift", "Stripe has not answered yet")
    mended.behave(fault="")
    assert refunds_at_stripe(mended, session_id) == [2000]
    treasurer.presses("Ask Stripe again")
    expect(treasurer.page.locator(".messagelist .success").first).to_contain_text("$20.00 is on its way back")
    assert refunds_at_stripe(mended, session_id) == [2000]
    assert mended.ledger(session_id) == [("payment", 2000), ("refund", -2000)]


@pytest.mark.usefixtures("signed_in")  # who makes the treasurer
def test_an_old_sign_in_is_asked_for_its_password(open_browser: Open, donor: Donor, site: Site):
    session_id = donor.gives(20)
    treasurer = open_browser(site, reduced_motion="reduce")
    treasurer.signs_in_to_the_admin(PASSWORD)
    [key] = [cookie["value"] for cookie in treasurer.context.cookies() if cookie["name"].endswith("session")]
    site.command(
        "shell",
        "-c",
        "from django.contrib.sessions.backends.db import SessionStore\n"
        f"session = SessionStore({key!r})\nsession['signed_in_at'] -= 16 * 60\nsession.save()",
    )
    asks_to_refund(treasurer, gift_of(site, session_id))
    treasurer.page.get_by_label("Your password").fill("wrong")
    treasurer.presses("Send $20.00 back")
    treasurer.is_told_of("Send $", "That password is not right.")
    assert findings(treasurer) == []
    assert refunds_at_stripe(site, session_id) == []
    treasurer.page.get_by_label("Your password").fill(PASSWORD)
    treasurer.presses("Send $20.00 back")
    expect(treasurer.page.locator(".messagelist .success").first).to_contain_text("$20.00 is on its way back")
    assert refunds_at_stripe(site, session_id) == [2000]


def test_the_books_come_down_as_a_file(treasurer: Donor, donor: Donor, site: Site, tmp_path: Path):
    session_id = donor.gives(20)
    treasurer.opens("/admin/")
    treasurer.follows("Export")
    treasurer.page.get_by_role("radio", name="Ledger: every row").check()
    treasurer.presses("Prepare the file")
    with treasurer.page.expect_download() as download:
        treasurer.presses("Download as CSV")
    file = tmp_path / "ledger.csv"
    download.value.save_as(file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert str(site.ledger(session_id)[0][0]) in file.read_text("utf-8-sig")


def test_a_cheque_is_written_down_and_struck_out(treasurer: Donor, site: Site):
    before = site.raised()
    treasurer.opens("/admin/donations/donation/")
    treasurer.follows("Record a gift outside Stripe")
    treasurer.page.get_by_label("Amount").fill("70")
    treasurer.page.get_by_label("How it came").select_option("cheque")
    treasurer.page.get_by_label("Name", exact=False).first.fill("Grace")
    treasurer.page.get_by_role("button", name="Save", exact=True).click()
    expect(treasurer.page.locator(".messagelist .success")).to_be_visible()
    assert site.raised() == before + 7000
    treasurer.page.locator("#result_list tbody a").first.click()
    treasurer.follows("Strike out")
    treasurer.page.get_by_label("Why").fill(" ")
    treasurer.presses("Strike it out")
    treasurer.is_told_of("Strike out", "Say why, in a few words.")
    assert findings(treasurer) == []
    treasurer.page.get_by_label("Why").fill("it bounced")
    treasurer.presses("Strike it out")
    expect(treasurer.page.locator(".messagelist .success")).to_contain_text("struck out")
    assert site.raised() == before


def test_axe_finds_nothing_where_money_moves(treasurer: Donor, site: Site, donor: Donor):
    gift = gift_of(site, donor.gives(20))
    found = {}
    for path in (
        *("", "donations/donation/", f"donations/donation/{gift}/refund/", "donations/offlinegift/add/"),
        *("donations/donation/export/", "donations/donation/export/?what=accounting", "donations/chore/doctor/"),
    ):
        treasurer.opens(f"/admin/{path}")
        found[path] = findings(treasurer)
    asks_to_refund(treasurer, gift)
    found["what it means"] = findings(treasurer)
    treasurer.opens(f"/admin/donations/donation/erase/?gift={gift}")
    found["erase"] = findings(treasurer)
    treasurer.presses("Next: what it means")
    expect(treasurer.page.get_by_role("heading", name="What stays, for the books")).to_be_visible()
    found["what erasing means"] = findings(treasurer)
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(("role", "sees_gifts"), [("Support", True), ("Editor", False)])
def test_a_role_is_offered_what_it_may_do_and_nothing_else(
    open_browser: Open, donor: Donor, site: Site, role: str, sees_gifts: bool
):
    gift = gift_of(site, donor.gives(20))
    email = f"{role.lower()}@example.com"
    site.command(
        "shell",
        "-c",
        "from accounts.models import User\nfrom django.contrib.auth.models import Group\n"
        f"user = User.objects.create_user({email!r}, {PASSWORD!r}, is_staff=True)\n"
        f"user.groups.add(Group.objects.get(name={role!r}))",
    )
    person = open_browser(site, reduced_motion="reduce")
    person.opens("/admin/")
    person.page.get_by_label("E-mail").fill(email)
    person.page.get_by_label("Password").fill(PASSWORD)
    person.presses("Log in")
    expect(person.page.get_by_role("heading", name="The desk of")).to_be_visible()
    for words in ("Export", "Record a gift outside Stripe"):
        expect(person.page.get_by_role("link", name=words, exact=True)).to_have_count(0)
    assert findings(person) == []
    person.expects_complaint("status of 403")
    for path in (f"donation/{gift}/refund/", "donation/export/", "offlinegift/add/"):
        assert person.page.request.get(f"{site.url}/admin/donations/{path}").status == 403
    assert person.page.request.get(f"{site.url}/admin/donations/donation/").ok == sees_gifts
    if sees_gifts:
        person.opens(f"/admin/donations/donation/{gift}/change/")
        expect(person.page.get_by_role("link", name="Refund", exact=True)).to_have_count(0)
        person.page.get_by_label("Private notes").fill("She called.")
        person.page.get_by_role("button", name="Save", exact=True).click()
        expect(person.page.locator(".messagelist .success")).to_be_visible()
    else:
        assert person.page.request.get(f"{site.url}/admin/organisation/organisation/").ok
