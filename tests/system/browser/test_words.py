"""Name and message: asked after the gift, of the browser that made it, and shown only by consent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.system.browser.donor import Donor

pytestmark = pytest.mark.browser


def saves(donor: Donor, name: str, *, public: bool) -> None:
    donor.page.get_by_label("Name to show").fill(name)
    donor.page.get_by_label("A few words").fill("Keep going!")
    consent = donor.page.get_by_label("Show my name on the sponsors page")
    expect(consent).not_to_be_checked()
    if public:
        consent.check()
    donor.presses("Save")
    expect(donor.page.locator("[data-done]")).to_be_visible()
    expect(donor.page.get_by_label("Name to show")).to_have_value(name)


def test_a_name_with_consent_is_on_the_sponsors_page(either_donor: Donor, stranger: Donor, request):
    name = f"Grace {request.node.callspec.id}"
    either_donor.gives(20)
    saves(either_donor, name, public=True)
    stranger.opens("/sponsors")
    expect(stranger.says.get_by_text(name).first).to_be_visible()
    stranger.opens("/")
    expect(stranger.says.get_by_text(name).first).to_be_visible()
    expect(stranger.says).not_to_contain_text("Keep going!")


def test_a_name_without_consent_is_nowhere(either_donor: Donor, stranger: Donor, request):
    name = f"Shy {request.node.callspec.id}"
    either_donor.gives(20)
    saves(either_donor, name, public=False)
    for page in ("/sponsors", "/"):
        stranger.opens(page)
        expect(stranger.says).not_to_contain_text(name)


def test_consent_can_be_taken_back(donor: Donor, stranger: Donor):
    donor.gives(20)
    saves(donor, "Fleeting Fay", public=True)
    donor.page.get_by_label("Show my name on the sponsors page").uncheck()
    with donor.page.expect_response(lambda response: response.request.method == "POST"):
        donor.presses("Save")
    expect(donor.page.locator("[data-done]")).to_be_focused()
    stranger.opens("/sponsors")
    expect(stranger.says).not_to_contain_text("Fleeting Fay")


def test_another_browser_sees_the_amount_and_nothing_of_the_person(donor: Donor, stranger: Donor):
    donor.gives(20)
    saves(donor, "Ada Private", public=False)
    stranger.opens(f"/success?session_id={donor.session_id()}")
    stranger.is_thanked_for("$20")
    expect(stranger.page.locator("form")).to_have_count(0)
    content = stranger.page.content()
    for secret in ("Ada", "ada@example.com", "Keep going!", "May we show your name?"):
        assert secret not in content


def test_another_browser_is_not_led_to_an_open_page_at_stripe(donor: Donor, stranger: Donor):
    donor.opens("/donate")
    session_id = donor.chooses(20)
    stranger.opens(f"/success?session_id={session_id}")
    stranger.is_told("Not paid yet.", "in the browser that started it")
    assert "/pay/" not in stranger.page.content()


def test_words_that_are_too_long_come_back_with_their_error(donor: Donor):
    donor.gives(20)
    name = donor.page.get_by_label("Name to show")
    name.evaluate("field => field.removeAttribute('maxlength')")
    name.fill("x" * 61)
    donor.presses("Save")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    expect(name).to_have_value("x" * 61)
    expect(donor.page).to_have_title("Error: Thank you | Tincup")
