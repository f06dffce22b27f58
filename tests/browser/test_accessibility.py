"""axe on every page in every state, at two widths, in light and dark; and nothing sticks out of a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open
from tests.browser.donor import ASKS_FOR_APPROVAL, DECLINED, Donor
from tests.browser.live_site import Site, StripeElsewhere

pytestmark = pytest.mark.browser


RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PASSWORD = "correct horse battery staple"

State = Callable[[Donor], None]
STATES: dict[str, State] = {}


def state(way: State) -> State:
    """How to get a donor's browser into a state that is worth a look."""
    STATES[way.__name__.replace("_", " ").strip()] = way
    return way


def _page(path: str) -> State:
    return lambda donor: donor.opens(path)


STATES.update(
    (path, _page(path))
    for path in (
        *("/", "/donate", "/sponsors", "/docs", "/docs/giving", "/docs?q=stripe", "/docs?q=xyzzy", "/cancel"),
        *("/login", "/register", "/logout", "/sandbox/", "/sandbox/pay/cs_test_none"),
    )
)


@state
def donate_with_an_error(donor: Donor) -> None:
    donor.opens("/donate")
    donor.types_amount("twenty")
    donor.page.locator("[aria-invalid=true]").wait_for()


@state
def donate_without_network(donor: Donor) -> None:
    donor.opens("/donate")
    donor.context.set_offline(True)
    donor.coin(20).click()
    donor.page.get_by_role("alert").wait_for()
    donor.context.set_offline(False)


@state
def pay_page(donor: Donor) -> None:
    donor.opens("/donate")
    donor.chooses(20)


@state
def pay_page_declined(donor: Donor) -> None:
    pay_page(donor)
    donor.pays(DECLINED)
    donor.is_declined()


@state
def pay_page_with_errors(donor: Donor) -> None:
    pay_page(donor)
    donor.presses("Pay $20.00")
    donor.page.get_by_role("alert").wait_for()


@state
def approval(donor: Donor) -> None:
    pay_page(donor)
    donor.pays(ASKS_FOR_APPROVAL)
    donor.is_told("Is it you?")


@state
def pay_page_closed(donor: Donor) -> None:
    donor.opens("/donate")
    donor.site.expire(donor.chooses(20))
    donor.page.reload()
    donor.is_told("This payment page has expired")


@state
def success(donor: Donor) -> None:
    donor.gives(20)


@state
def success_with_words_saved(donor: Donor) -> None:
    donor.gives(20)
    donor.page.get_by_label("Name to show").fill("Ada")
    donor.page.get_by_label("Show my name on the sponsors page").check()
    donor.presses("Save")
    donor.page.locator("[data-done]").wait_for()


@state
def success_with_wrong_words(donor: Donor) -> None:
    donor.gives(20)
    name = donor.page.get_by_label("Name to show")
    name.evaluate("field => field.removeAttribute('maxlength')")
    name.fill("x" * 61)
    donor.presses("Save")
    donor.page.locator("[aria-invalid=true]").wait_for()


@state
def success_seen_by_a_stranger(donor: Donor) -> None:
    donor.gives(20)
    donor.context.clear_cookies()
    donor.page.reload()


@state
def success_while_the_bank_is_sending(donor: Donor) -> None:
    donor.site.behave(bank_delay=3600)
    pay_page(donor)
    donor.pays_by_bank("settle")
    donor.is_told("Your bank is sending it.")


@state
def success_that_failed_later(donor: Donor) -> None:
    success_while_the_bank_is_sending(donor)
    donor.site.settle(donor.session_id(), "fails")
    donor.looks_again_until("It didn’t arrive.")


@state
def success_not_paid_yet(donor: Donor) -> None:
    donor.opens("/donate")
    donor.opens(f"/success?session_id={donor.chooses(20)}")


@state
def success_not_paid_yet_seen_by_a_stranger(donor: Donor) -> None:
    success_not_paid_yet(donor)
    donor.context.clear_cookies()
    donor.page.reload()


@state
def success_expired(donor: Donor) -> None:
    donor.opens("/donate")
    session_id = donor.chooses(20)
    donor.site.expire(session_id)
    donor.opens(f"/success?session_id={session_id}")
    donor.is_told("This payment page has closed.")


@state
def cancelled(donor: Donor) -> None:
    pay_page(donor)
    donor.follows("← Back to")
    donor.is_told("No harm done.")


@state
def cancelled_seen_by_a_stranger(donor: Donor) -> None:
    cancelled(donor)
    donor.context.clear_cookies()
    donor.page.reload()


@state
def login_with_an_error(donor: Donor) -> None:
    donor.opens("/login")
    donor.page.get_by_label("E-mail").fill("nobody@example.com")
    donor.page.get_by_label("Password").fill("wrong")
    donor.presses("Log in")
    donor.page.get_by_role("alert").wait_for()


@state
def register_with_errors(donor: Donor) -> None:
    donor.opens("/register")
    donor.page.get_by_label("E-mail").fill("somebody@example.com")
    donor.page.get_by_label("Password").fill("short")
    donor.presses("Register")
    donor.page.locator("[aria-invalid=true]").wait_for()


@state
def account(donor: Donor) -> None:
    donor.opens("/register")
    donor.page.get_by_label("E-mail").fill("member@example.com")
    donor.page.get_by_label("Password").fill(PASSWORD)
    donor.presses("Register")
    donor.page.get_by_role("button", name="Log out").wait_for()


@pytest.fixture
def careful(open_browser: Open, site: Site) -> Donor:
    """Nothing moves: a colour on its way to another cannot be measured."""
    return open_browser(site, reduced_motion="reduce")


@pytest.mark.parametrize("way", STATES.values(), ids=STATES)
def test_axe_finds_nothing(careful: Donor, way: State):
    careful.expects_complaint("ERR_INTERNET_DISCONNECTED")
    careful.expects_complaint("htmx:")
    careful.expects_complaint("status of 404")
    careful.expects_complaint("status of 410")
    way(careful)
    assert findings(careful) == []


def test_axe_finds_nothing_on_a_missing_page(open_browser: Open, in_production: tuple[Site, StripeElsewhere]):
    donor = open_browser(in_production[0], reduced_motion="reduce")
    donor.expects_complaint("status of 404")
    donor.opens("/nothing-here")
    donor.is_told("This page isn’t in the book.")
    assert findings(donor) == []


def test_axe_finds_nothing_on_a_page_that_waited_too_long(
    open_browser: Open, in_production: tuple[Site, StripeElsewhere]
):
    donor = open_browser(in_production[0], reduced_motion="reduce")
    donor.expects_complaint("status of 403")
    donor.opens("/donate")
    donor.context.clear_cookies()
    # As without JavaScript; without it, axe would not run either.
    donor.page.evaluate("document.querySelector('#give form').submit()")
    donor.is_told("This page waited too long.")
    assert findings(donor) == []


def test_axe_finds_nothing_while_stripe_is_away(
    open_browser: Open, in_production: tuple[Site, StripeElsewhere], stripe: StripeElsewhere
):
    donor = open_browser(in_production[0], reduced_motion="reduce")
    donor.expects_complaint("ERR_CONNECTION_REFUSED")
    donor.opens("/donate")
    session_id = donor.chooses(20)
    donor.opens("/donate")
    stripe.stop()
    donor.coin(50).click()
    donor.page.get_by_role("alert").filter(has_text="reach Stripe").wait_for()
    assert findings(donor) == []
    donor.opens(f"/success?session_id={session_id}")
    donor.is_told("Nearly there.")
    assert findings(donor) == []


def findings(donor: Donor, **options: bool) -> list[str]:
    """What axe says of the page as it is, and whether it is wider than the screen. With options of axe's own."""
    found = []
    # Through the debugger, which the page's policy does not bind.
    donor.page.evaluate(Axe().axe_script)
    for width, height in ((360, 640), (1440, 900)):
        donor.page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            donor.page.emulate_media(color_scheme=scheme)
            results = AxeResults(donor.page.evaluate("options => axe.run(document, options)", RULES | options))
            if results.violations_count:
                found.append(f"{width} {scheme}: {results.generate_report()}")
        wide = donor.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{width}: the page is {wide} wide")
    return found
