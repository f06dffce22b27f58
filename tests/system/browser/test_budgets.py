"""What a first visit to the donate page costs: measured on the answers as they travel, and not on the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Response

from tests.system.browser.conftest import Open
from tests.system.browser.donor import Donor
from tests.system.browser.live_site import Site, served

pytestmark = pytest.mark.browser

KEPT = re.compile(r"(public, )?max-age=3153600\d+, (public, )?immutable")
KIB = 1024  # bytes
DRESSED = (
    "from io import BytesIO; from PIL import Image; from organisation.models import Organisation; "
    "target = BytesIO(); Image.effect_noise((320, 320), 90).convert('RGBA').save(target, 'PNG'); "
    "it = Organisation(name='Saltmarsh', accent='#0b7a4b', goal_amount=500000, refund_promise='Yes.'); "
    "it.set_logo(target.getvalue()); it.save()"
)


@dataclass(frozen=True)
class Visit:
    """Every answer of a first visit: its kind, and its bytes on the wire, without headers."""

    answers: list[tuple[str, int]]

    def bytes(self, *kinds: str) -> int:
        return sum(size for kind, size in self.answers if kind in kinds)


def visit(donor: Donor, path: str) -> Visit:
    answers: list[Response] = []
    donor.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (playwright takes no method of a list)
    donor.opens(path)
    donor.page.wait_for_load_state("networkidle")
    sizes = [(answer.request.resource_type, answer.request.sizes()["responseBodySize"]) for answer in answers]
    # The logo is the page's icon, too: what the browser took from its own memory did not travel, and has no size.
    return Visit([(kind, size) for kind, size in sizes if size > 0])


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    """As they are in earnest; one with a colour, a logo and a goal: all that an organisation can add to the page."""
    earnest = {"DEBUG": "false", "SANDBOX": "true", "EMAIL_URL": "consolemail://"}
    with (
        served(tmp_path_factory.mktemp("plain"), **earnest) as plain,
        served(tmp_path_factory.mktemp("dressed"), first=DRESSED, **earnest) as dressed,
    ):
        yield {"plain": plain, "dressed": dressed}


@pytest.mark.parametrize("clothes", ["plain", "dressed"])
def test_the_donate_page_is_small(open_browser: Open, sites: dict[str, Site], clothes: str):
    costs = visit(open_browser(sites[clothes]), "/donate")
    assert costs.bytes("document", "stylesheet") <= 14 * KIB
    assert costs.bytes("document", "stylesheet", "script") <= 32 * KIB
    assert len(costs.answers) <= 5


def test_what_a_browser_has_seen_it_does_not_ask_for_again(open_browser: Open, sites: dict[str, Site]):
    dressed = sites["dressed"]
    donor = open_browser(dressed)
    visit(donor, "/donate")
    kept = donor.page.request.get(f"{dressed.url}/donate")
    assert kept.headers["cache-control"] == "private, no-cache"
    for address in donor.page.eval_on_selector_all(
        "link[rel=stylesheet], script[src], header img", "parts => parts.map(part => part.href || part.src)"
    ):
        headers = donor.page.request.get(address).headers
        assert "max-age=31536000" in headers["cache-control"] or "max-age=315360000" in headers["cache-control"], (
            address
        )
        assert "immutable" in headers["cache-control"], address
