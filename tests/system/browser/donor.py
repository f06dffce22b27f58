"""A person at a browser: what they do in one line each, and what went wrong behind the page they see."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.system.browser.live_site import PATIENCE, Site, until

VISA = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
ASKS_FOR_APPROVAL = "4000 0025 0000 3155"

# Answers of these kinds are what the site means to say (declined, wrong amount, try again); the browser notes them.
_MEANT = re.compile(r"Failed to load resource: the server responded with a status of (402|422|429|503)\b")

expect.set_options(timeout=PATIENCE * 1000)


class Donor:
    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.complaints: list[str] = []
        self._forgiven: list[str] = []
        context.set_default_timeout(PATIENCE * 1000)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"error on the page: {error.error}"))
        context.on("request", self._see)
        self.page: Page = context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _MEANT.match(message.text):
            self.complaints.append(f"console: {message.text} ({message.location['url']})")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site.url}/", f"{self.site.stripe_url.removesuffix('/sandbox')}/")):
            self.complaints.append(f"request to another origin: {request.url}")

    def expects_complaint(self, text: str) -> None:
        """This test makes the browser complain on purpose."""
        self._forgiven.append(text)

    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not any(text in line for text in self._forgiven)]

    def types_password(self, password: str) -> None:
        self.opens("/admin/")
        self.page.get_by_label("E-mail").fill("treasurer@example.com")
        self.page.get_by_label("Password").fill(password)
        self.presses("Log in")

    def is_told_of(self, title: str, words: str) -> None:
        """By a page of the admin."""
        expect(self.page.get_by_role("heading", name=title).first).to_be_visible()
        expect(self.says).to_contain_text(words)

    def signs_in_to_the_admin(self, password: str) -> None:
        self.types_password(password)
        expect(self.page.get_by_role("heading", name="The desk of")).to_be_visible()

    # --- Choosing an amount ---

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.site.url}{path}")

    def walks_from_the_front_page_to_the_coins(self) -> None:
        self.opens("/")
        self.page.get_by_role("main").get_by_role("link", name="Any other amount, or monthly").click()
        expect(self.page).to_have_title(re.compile(r"^Donate \|"))

    def coin(self, dollars: int) -> Locator:
        return self.page.get_by_role("button", name=f"Donate {dollars} US dollars", exact=True)

    @property
    def amount(self) -> Locator:
        return self.page.get_by_label("Or any amount")

    def types_amount(self, text: str) -> None:
        self.amount.fill(text)
        self.page.get_by_role("button", name="Donate", exact=True).click()

    def chooses(self, dollars: int) -> str:
        """Click a coin and be on Stripe's page; the id of the session."""
        self.coin(dollars).click()
        return self.is_at_stripe(f"${dollars}.00")

    def is_at_stripe(self, amount: str) -> str:
        expect(self.page).to_have_url(re.compile(r"/pay/cs_[^/]+$"))
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(amount)
        return urlsplit(self.page.url).path.rpartition("/")[2]

    def goes_back(self) -> None:
        """The browser's own button; the page may be reloaded or taken from memory as it was left."""
        self.page.go_back(wait_until="commit")
        expect(self.coin(20)).to_be_enabled()

    # --- At Stripe ---

    def types_card(self, number: str = VISA, email: str = "ada@example.com", name: str = "Ada Lovelace") -> None:
        for label, text in (
            ("E-mail", email),
            ("Card number", number),
            ("Expires", "12/34"),
            ("CVC", "123"),
            ("Name on the card", name),
        ):
            self.page.get_by_label(label).fill(text)

    def pays(self, number: str = VISA, email: str = "ada@example.com") -> None:
        self.types_card(number, email)
        self.page.get_by_role("button", name=re.compile(r"^Pay \$")).click()

    def pays_and_closes_the_window(self) -> None:
        """Stripe takes the payment, and the browser never follows its redirect to the site."""
        form: dict[str, str | float | bool] = {
            "csrfmiddlewaretoken": self.page.locator("[name=csrfmiddlewaretoken]").input_value(),
            "email": "ada@example.com",
            "number": VISA,
            "exp": "12/34",
            "cvc": "123",
            "pay": "card",
        }
        answer = self.page.request.post(self.page.url, form=form, max_redirects=0)
        assert answer.status == 303

    def pays_by_bank(self, outcome: str) -> None:
        self.page.get_by_label("E-mail").fill("ada@example.com")
        self.page.get_by_role("button", name=f"Pay by bank: it will {outcome}").click()

    def is_declined(self) -> None:
        expect(self.page.get_by_role("alert")).to_contain_text("declined")

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def follows(self, name: str) -> None:
        self.page.get_by_role("link", name=name).click()

    # --- Back on the site ---

    @property
    def says(self) -> Locator:
        return self.page.get_by_role("main")

    def is_told(self, headline: str, lead: str = "") -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(headline)
        if lead:
            expect(self.says).to_contain_text(lead)

    def is_thanked_for(self, amount: str) -> str:
        """On the success page of a paid gift; the id of its session."""
        expect(self.page).to_have_url(re.compile(r"/success\?"))
        self.is_told("Thank you.", f"Your {amount} arrived.")
        return self.session_id()

    def session_id(self) -> str:
        """The id in the success page's address."""
        return parse_qs(urlsplit(self.page.url).query)["session_id"][0]

    def looks_again_until(self, headline: str) -> None:
        def told() -> bool:
            self.follows("Look again")
            return headline in self.page.get_by_role("heading", level=1).inner_text()

        until(told)

    def gives(self, dollars: int) -> str:
        """A whole gift, with nothing unusual about it; the id of its session."""
        self.opens("/donate")
        session_id = self.chooses(dollars)
        self.pays()
        assert self.is_thanked_for(f"${dollars}") == session_id
        return session_id
