"""A donor's browser without JavaScript: it keeps cookies and sends the forms that it was given."""

from __future__ import annotations

import re
import time
from types import TracebackType
from typing import Self

import requests

from tests.system.journeys.waiting import Within

VISA = {"number": "4242 4242 4242 4242", "exp": "12/40", "cvc": "123", "name": "Ada", "email": "ada@example.org"}
# Longer than anybody has to wait, so that a test can say how long it was.
TIMEOUT = 30


class Donor:
    def __init__(self, site: str) -> None:
        self.site = site
        self.browser = requests.Session()
        self.form: dict[str, str] = {}
        self.waited = 0.0  # seconds, for the latest answer of the donate page
        self.longest_wait = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.browser.close()

    def opens_the_form(self) -> Donor:
        page = self.browser.get(f"{self.site}/donate", timeout=TIMEOUT)
        assert page.status_code == 200
        self.form = {name: _field(page.text, name) for name in ("csrfmiddlewaretoken", "token")}
        return self

    def gives(self, amount: str = "20", **headers: str) -> requests.Response:
        """Press a coin of the form that is open; a second time, it is the same form with the same token."""
        started = time.monotonic()
        try:
            return self.browser.post(
                f"{self.site}/donate",
                data={**self.form, "amount": amount},
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        finally:
            self.waited = time.monotonic() - started
            self.longest_wait = max(self.longest_wait, self.waited)

    def gives_until_it_works(self, soon: Within, amount: str = "20") -> str:
        """Press the same coin as long as the site asks to try again; the address that it leads to."""

        def press() -> str:
            answer = self.gives(amount)
            assert answer.status_code in {303, 503}, answer.text
            return answer.headers["Location"] if answer.status_code == 303 else ""

        return soon.see(press, "a page to pay on")

    def pays(self, url: str) -> requests.Response:
        """Enter a card on Stripe's page and press Pay; where it leads to is not followed."""
        page = self.browser.get(url, timeout=TIMEOUT)
        assert page.status_code == 200
        typed = {**VISA, "pay": "card", "csrfmiddlewaretoken": _field(page.text, "csrfmiddlewaretoken")}
        return self.browser.post(url, data=typed, timeout=TIMEOUT, allow_redirects=False)

    def is_told(self, session_id: str) -> str:
        """The heading of the success page."""
        page = self.browser.get(f"{self.site}/success", params={"session_id": session_id}, timeout=TIMEOUT)
        assert page.status_code == 200
        (heading,) = re.findall(r"<h1[^>]*>\s*(.*?)\s*</h1>", page.text, re.DOTALL)
        return str(heading)


def problem_on(page: str) -> str:
    """What the donate page says went wrong; the texts that only a script would show do not count."""
    said = re.findall(r'<div class="note bad" role="alert" tabindex="-1" autofocus>\s*<p>(.*?)</p>', page)
    assert len(said) == 1, page
    return str(said[0])


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no field {name}: {page}"
    return found[1]
