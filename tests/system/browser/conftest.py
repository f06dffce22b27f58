"""One running site, one Chromium, and for every test a browser profile of its own.

Playwright keeps an event loop in this thread, in which Django refuses to touch a database: so it lives as long as
this folder's tests and no longer, and these tests ask the site from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.conftest import CHROMIUM
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import GOOD_MOOD, Site, StripeElsewhere, production_site, served

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
KINDS: dict[str, dict[str, Any]] = {
    "with JavaScript": {},
    "without JavaScript": {"java_script_enabled": False},
    "on a narrow screen": {"viewport": {"width": 360, "height": 640}},
}
Open = Callable[..., Donor]


def launch(playwright: Playwright, **options: Any) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, **options)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    """The site that all tests share; what a test does to the stand-in's mood ends with the test."""
    yield running_site
    running_site.behave(**GOOD_MOOD)


@pytest.fixture(scope="package")
def in_production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, StripeElsewhere]]:
    """Another site, without DEBUG, and a Stripe at another origin."""
    with production_site(tmp_path_factory.mktemp("production")) as both:
        yield both


@pytest.fixture
def stripe(in_production: tuple[Site, StripeElsewhere]) -> Iterator[StripeElsewhere]:
    """Is there when a test begins, and again when it has ended."""
    site, stripe = in_production
    yield stripe
    if not stripe.there:
        stripe.start()
    site.behave(**GOOD_MOOD)


@pytest.fixture
def open_browser(browser: Browser) -> Iterator[Open]:
    """Opens a fresh profile at a site. In the end nobody's browser may have had anything to complain about."""
    donors: list[Donor] = []
    with ExitStack() as stack:

        def open(site: Site, profiles: Browser = browser, **options: Any) -> Donor:
            context = stack.enter_context(profiles.new_context(**options))
            donors.append(Donor(context, site))
            return donors[-1]

        yield open
        complaints = [line for donor in donors for line in donor.unexpected()]
    assert complaints == []


@pytest.fixture
def donor(open_browser: Open, site: Site) -> Donor:
    return open_browser(site)


@pytest.fixture(params=KINDS)
def any_donor(open_browser: Open, site: Site, request: pytest.FixtureRequest) -> Donor:
    """With JavaScript, without it, and on a narrow screen."""
    return open_browser(site, **KINDS[request.param])


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def either_donor(open_browser: Open, site: Site, request: pytest.FixtureRequest) -> Donor:
    """With JavaScript and without it."""
    return open_browser(site, **KINDS[request.param])


@pytest.fixture
def stranger(open_browser: Open, site: Site) -> Donor:
    """Somebody else, at another browser."""
    return open_browser(site)
