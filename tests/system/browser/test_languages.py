"""In every language the switch works, nothing is cut on a phone, and a page from right to left is for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.project.catalogues.test_catalogues import LANGUAGES
from tests.system.browser.conftest import Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site
from tests.system.browser.test_accessibility import findings

pytestmark = pytest.mark.browser

PAGES = ("/", "/donate", "/donate?amount=0.10", "/sponsors", "/cancel", "/login", "/register", "/monthly")
# Words that are wider than what holds them, unless they can be scrolled to. A pixel is rounding.
CUT = """() => [...document.querySelectorAll('body *')].filter(element =>
  [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
  && element.checkVisibility() && !element.closest('.book, .visually-hidden, .skip, select')
  && getComputedStyle(element).display !== 'inline' && element.scrollWidth > element.clientWidth + 1
).map(element => `${element.tagName} ${element.className}: ${element.textContent.trim()}`)"""


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def on_a_phone(open_browser: Open, site: Site) -> Donor:
    return open_browser(site, reduced_motion="reduce", viewport={"width": 360, "height": 640})


def test_nothing_is_cut_on_a_phone(on_a_phone: Donor, language: str) -> None:
    session = on_a_phone.gives(20)
    for path in (*PAGES, f"/success?session_id={session}"):
        on_a_phone.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
        expect(on_a_phone.page.locator("html")).to_have_attribute("lang", language)
        assert on_a_phone.page.evaluate("document.documentElement.scrollWidth") == 360, path
        assert on_a_phone.page.evaluate(CUT) == [], path


def test_the_switch_in_the_foot_keeps_the_page_and_the_choice(on_a_phone: Donor, language: str) -> None:
    on_a_phone.opens("/donate?amount=20")
    on_a_phone.page.locator(f".languages [lang={language}]").click()
    expect(on_a_phone.page.locator("html")).to_have_attribute("lang", language)
    expect(on_a_phone.page.locator("#other_amount")).to_have_value("20")
    on_a_phone.opens("/sponsors")
    expect(on_a_phone.page.locator(f".languages [lang={language}]")).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("path", ["/", "/donate", "/sponsors", "/login", "/monthly", "success"])
def test_axe_finds_nothing_from_right_to_left(on_a_phone: Donor, path: str) -> None:
    on_a_phone.opens("/?lang=ar")
    if path == "success":
        on_a_phone.opens("/?lang=en")
        path = f"/success?lang=ar&session_id={on_a_phone.gives(20)}"
    on_a_phone.opens(path)
    expect(on_a_phone.page.locator("html")).to_have_attribute("dir", "rtl")
    assert findings(on_a_phone) == []
