"""axe on every page in every state, at two widths, in light and dark; and nothing sticks out of a narrow screen.

Every rule runs once on whatever is shown. In the other looks of the page those run that could find something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe

from tests.system.browser.conftest import Open
from tests.system.browser.donor import ASKS_FOR_APPROVAL, DECLINED, VISA, Donor
from tests.system.browser.live_site import Site, StripeElsewhere, served

pytestmark = pytest.mark.browser


RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
    # axe would fetch the stylesheets itself, which the page's policy rightly forbids; none of these rules needs them.
    "preload": False,
}
# Of axe's rules, those whose finding depends on the colours, and those whose finding depends on where things are.
COLOURS = ("color-contrast", "link-in-text-block")
LAYOUT = ("target-size", "scrollable-region-focusable")
SHOWN = "[...document.querySelectorAll('*')].map(element => element.checkVisibility() ? 'x' : '-').join('')"
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
        *("/sponsors/cups", "/sponsors/lately", "/docs/addresses"),
        *("/login", "/register", "/logout", "/sandbox/", "/sandbox/pay/cs_test_none"),
        *("/register/sent", "/register/resend", "/register/verify?key=none", "/password-reset", "/password-reset/sent"),
        *("/password-reset/done", "/account/deleted", "/monthly", "/monthly?sent=1", "/monthly/none"),
    )
)


@state
def sponsors_with_words_and_amounts(donor: Donor) -> None:
    donor.gives(20)
    donor.page.get_by_label("Name to show").fill("Ada")
    donor.page.get_by_label("Show my name on the sponsors page").check()
    donor.page.get_by_label("Show the amount too").check()
    donor.presses("Save")
    donor.page.locator("[data-done]").wait_for()
    donor.opens("/sponsors")
    donor.says.get_by_text("$20").first.wait_for()


@state
def search_while_typing(donor: Donor) -> None:
    donor.opens("/docs/giving")
    donor.page.get_by_label("Search the documentation").press_sequentially("stripe")
    donor.page.get_by_role("status").get_by_role("link").first.wait_for()


@state
def donate_with_an_error(donor: Donor) -> None:
    donor.opens("/donate")
    donor.types_amount("twenty")
    donor.page.locator("[aria-invalid=true]").wait_for()


@state
def donate_with_a_word_on_what_is_typed(donor: Donor) -> None:
    donor.opens("/donate")
    donor.amount.press_sequentially("0.50")
    donor.page.locator("#other_amount_said .error").wait_for()


@state
def donate_with_every_question_open(donor: Donor) -> None:
    donor.opens("/donate")
    for question in donor.page.locator("summary").all():
        question.click()


@state
def home_with_books(donor: Donor) -> None:
    donor.gives(20)
    donor.opens("/")
    donor.page.get_by_role("heading", name="Our books are open").wait_for()


def _chooses_monthly(donor: Donor) -> None:
    donor.opens("/donate")
    donor.page.get_by_label("Monthly").check()
    donor.page.get_by_role("button", name="Donate 20 US dollars every month", exact=True).click()


@state
def you_give_already(donor: Donor) -> None:
    _chooses_monthly(donor)
    donor.is_at_stripe("$20.00")
    # Whoever gives monthly cannot be erased, and other tests erase the usual donor.
    donor.pays(email="grace@example.com")
    donor.is_thanked_for("$20")
    _chooses_monthly(donor)
    donor.page.get_by_role("heading", name="You already give $20 every month.").wait_for()


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


def _subscribes(donor: Donor, number: str = VISA) -> dict[str, Any]:
    """Begins a subscription at Stripe, without the site; returns it."""
    prices = "line_items[0][price_data]"
    session = donor.site.stripe(
        "POST",
        "checkout/sessions",
        **{
            "mode": "subscription",
            "success_url": f"{donor.site.url}/",
            "line_items[0][quantity]": 1,
            f"{prices}[currency]": "usd",
            f"{prices}[unit_amount]": 2000,
            f"{prices}[product_data][name]": "Donation",
            f"{prices}[recurring][interval]": "month",
        },
    )
    donor.page.goto(session["url"])
    donor.pays(number)
    donor.page.wait_for_load_state()
    if number != VISA:
        donor.is_declined()
    found: dict[str, Any] = donor.site.stripe("GET", "subscriptions", limit=1)["data"][0]
    return found


@state
def billing_portal(donor: Donor) -> None:
    customer = _subscribes(donor)["customer"]
    on = {f"features[{name}][enabled]": "true" for name in ("payment_method_update", "subscription_cancel")}
    configuration = donor.site.stripe("POST", "billing_portal/configurations", **on)["id"]
    fields = {"customer": customer, "configuration": configuration, "return_url": f"{donor.site.url}/"}
    donor.page.goto(donor.site.stripe("POST", "billing_portal/sessions", **fields)["url"])
    donor.is_told("Your subscriptions")


@state
def invoice_that_is_not_paid(donor: Donor) -> None:
    invoice = _subscribes(donor, DECLINED)["latest_invoice"]
    donor.page.goto(donor.site.stripe("GET", f"invoices/{invoice}")["hosted_invoice_url"])
    donor.is_told("$20.00 USD")


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
def login_closed_after_too_many_tries(donor: Donor) -> None:
    address = f"nobody{uuid4().hex}@example.com"
    donor.opens("/login")
    for _ in range(5):
        donor.page.get_by_label("E-mail").fill(address)
        donor.page.get_by_label("Password").fill("wrong")
        with donor.page.expect_navigation():
            donor.presses("Log in")
    donor.is_told("That was quick.", "Wait 15 minutes")


@state
def register_with_errors(donor: Donor) -> None:
    donor.opens("/register")
    donor.page.get_by_label("E-mail").fill("somebody@example.com")
    donor.page.get_by_label("Password").fill("short")
    donor.presses("Register")
    donor.page.locator("[aria-invalid=true]").wait_for()


# The cookies of a member of each site, who is shared: these states only look.
_members: dict[str, Any] = {}


def _becomes_a_member_who_has_given(donor: Donor) -> None:
    if donor.site.url in _members:
        donor.context.add_cookies(_members[donor.site.url])
        return
    address = f"member{uuid4().hex}@example.com"
    variables = {"DJANGO_SUPERUSER_EMAIL": address, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    donor.site.command("createsuperuser", "--noinput", **variables)
    donor.opens("/login")
    donor.page.get_by_label("E-mail").fill(address)
    donor.page.get_by_label("Password").fill(PASSWORD)
    donor.presses("Log in")
    donor.page.get_by_role("button", name="Log out").wait_for()
    donor.gives(20)
    _members[donor.site.url] = donor.context.cookies()


MONTHLY = """
from django.utils import timezone
from donations.models import Donation, Subscription
made, _ = Subscription.objects.get_or_create(
    stripe_id="sub_1", defaults=dict(amount=2000, currency="usd", created_at=timezone.now(), status="active")
)
Donation.objects.filter(user__isnull=False).update(subscription=made)
"""


@state
def monthly_gift_about_to_be_stopped(donor: Donor) -> None:
    _becomes_a_member_who_has_given(donor)
    donor.site.command("shell", "--no-imports", "-c", MONTHLY)
    donor.opens("/monthly")
    donor.page.locator("summary").click()
    donor.page.get_by_role("button", name="Yes, stop now").wait_for()


def _member(path: str) -> State:
    """A page of somebody who has given, as the one who is signed in."""

    def way(donor: Donor) -> None:
        _becomes_a_member_who_has_given(donor)
        donor.opens("/account")
        if path == "receipt":
            donor.page.get_by_role("link", name=re.compile(r"^Receipt")).click()
        elif path == "gift":
            donor.page.get_by_role("link", name=re.compile(r"^Not shown")).click()
        else:
            donor.opens(path)

    return way


STATES.update(
    (f"signed in: {path}", _member(path))
    for path in (
        *("/account", "receipt", "gift", "/account/statement", "/account/settings", "/account/password"),
        *("/account/email", "/account/data", "/account/delete"),
    )
)


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
    careful.expects_complaint("status of 429")
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


def test_axe_finds_nothing_while_the_database_is_away(open_browser: Open, tmp_path: Path):
    with served(tmp_path, DEBUG="false", SANDBOX="true", EMAIL_URL="consolemail://") as site:
        donor = open_browser(site, reduced_motion="reduce")
        for file in tmp_path.glob("site.sqlite3*"):
            file.unlink()
        donor.opens("/sponsors")
        donor.is_told("Closed for repairs.")
        assert findings(donor) == []


EXTREMES = """
from organisation.models import Organisation
Organisation(
    name="Donaudampfschifffahrtsgesellschaft" * 2, tagline="Rindfleischetikettierung" * 4,
    address="Y" * 90, contact_email="a" * 60 + "@example.org", refund_promise="R" * 300, goal_for="G" * 80,
    goal_amount=123456789012,
    description="x" * 90 + "\\n\\n| a | b |\\n|---|---|\\n| " + "c" * 90 + " | d |\\n\\n```\\n" + "z" * 90,
).save()
"""


def test_no_word_of_the_organisation_is_too_long_for_a_narrow_screen(open_browser: Open, tmp_path: Path):
    with served(tmp_path, first=EXTREMES) as site:
        donor = open_browser(site, viewport={"width": 320, "height": 480})
        for path in ("/", "/donate", "/sponsors", "/docs", "/login"):
            donor.opens(path)
            assert donor.page.evaluate("document.documentElement.scrollWidth") == 320, path


def findings(donor: Donor, **options: bool) -> list[str]:
    """What axe says of the page as it is, and whether it is wider than the screen. With options of axe's own."""
    found = []
    # Through the debugger, which the page's policy does not bind.
    donor.page.evaluate(Axe().axe_script)
    # 320 is a screen of 1280 at 400 %: everything must still be there, without scrolling sideways.
    donor.page.set_viewport_size({"width": 320, "height": 256})
    wide = donor.page.evaluate("document.documentElement.scrollWidth")
    if wide > 320:
        found.append(f"320: the page is {wide} wide")
    looked_at = set()
    for width, height in ((360, 640), (1440, 900)):
        donor.page.set_viewport_size({"width": width, "height": height})
        shown = donor.page.evaluate(SHOWN)
        rules: dict[str, Any] = {} if shown not in looked_at else _only(*COLOURS, *LAYOUT)
        looked_at.add(shown)
        for scheme in SCHEMES:
            donor.page.emulate_media(color_scheme=scheme)
            wanted = RULES | options | rules
            results = AxeResults(donor.page.evaluate("options => axe.run(document, options)", wanted))
            rules = _only(*COLOURS)
            if results.violations_count:
                found.append(f"{width} {scheme}: {results.generate_report()}")
        wide = donor.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{width}: the page is {wide} wide")
    return found


def _only(*rules: str) -> dict[str, Any]:
    return {"runOnly": {"type": "rule", "values": rules}}
