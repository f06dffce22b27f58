"""What donors do: each life begins at the donate page, and most of them pay in the end."""

from __future__ import annotations

import random
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.system.chaos import treasurer
from tests.system.chaos.crowd import Life
from tests.system.chaos.tally import Gift, State, Tally
from tests.system.chaos.world import World

COINS = ["5", "10", "20", "50", "100"]
PAYS = ["4242424242424242", "5555555555554444", "4000000000009235"]
REFUND_IS_PENDING = "4000000000007726"
DECLINED = ["4000000000000002", "4000000000009995", "4000000000000069"]
ASKS_FOR_APPROVAL = "4000002500003155"

PLANS = {
    "pays": 50,
    "is declined, then pays": 10,
    "is declined and leaves": 4,
    "abandons": 8,
    "lets the page expire": 4,
    "approves": 6,
    "does not approve, then pays": 3,
    "does not approve and leaves": 2,
    "pays by bank": 8,
    "pays by bank in vain": 5,
}

# What the success page must not say. While Stripe does not answer, it may say that it does not know.
UNTRUE = {
    State.PAID: {"open", "expired", "failed"},
    State.PROCESSING: {"open", "expired", "failed", "paid"},
    State.FAILED: {"open", "expired", "paid"},
}
PATIENCE = 40  # presses of one coin

# A generator that waits like a Life, and hands something back.
Wait = Generator[float, None, Any]


class Donor:
    def __init__(self, number: int, seed: int, world: World, tally: Tally) -> None:
        self.number = number
        self.chance = random.Random(f"donor {seed} {number}")
        self.world = world
        self.tally = tally
        self.browser = requests.Session()
        # The next request may be another process's.
        self.browser.headers["Connection"] = "close"
        self.letterbox = 0
        self.frequency = "once"

    def life(self) -> Life:
        with self.browser:
            for _ in range(1 if self.chance.random() < 0.9 else 2):
                yield from self._gives()
                yield self.chance.uniform(0.1, 3)

    def _gives(self) -> Life:
        form = yield from self._opens_the_form()
        if self.chance.random() < 0.12:
            # Back on the donate page, the same form with another amount: that is another gift.
            first = yield from self._chooses(form, self._amount())
            # The form keeps its token for a while: a donor who comes again may be led to what was given already.
            if first and first.state == State.OPEN and self.chance.random() < 0.3:
                yield from self._at_stripe(first, "pays")
        gift = yield from self._chooses(form, self._amount())
        if gift is None:
            self.tally.count("left without a page")
            return
        plan = self.chance.choices(list(PLANS), list(PLANS.values()))[0]
        self.tally.count(plan)
        if gift.state == State.OPEN:  # else the same amount twice: given already
            yield from self._at_stripe(gift, plan)
        if gift.state == State.PAID and self.chance.random() < 0.1:
            # The same form once more leads to the same gift.
            again = yield from self._chooses(form, f"{gift.amount / 100:.2f}")
            if again and again is not gift and self.world.life == 0:
                self.tally.surprise(f"{gift.session} was paid, and its form led to {again.session}")

    # --- On the site ---

    def _opens_the_form(self) -> Wait:
        while True:
            page = self._ask("GET", f"{self.world.address}/donate")
            if page is not None and page.status_code == 200:
                return {name: _field(page.text, name) for name in ("csrfmiddlewaretoken", "token")}
            yield self.chance.uniform(0.3, 1.5)

    def _amount(self) -> str:
        if self.chance.random() < 0.6:
            return self.chance.choice(COINS)
        return f"{self.chance.randint(1, 300)}.{self.chance.randint(0, 99):02}"

    def _chooses(self, form: dict[str, str], amount: str) -> Wait:
        """Press until there is a page to pay on: the gift, or None when patience ran out."""
        typed = {"amount": amount} if amount in COINS else {"amount": "other", "other_amount": amount}
        typed["frequency"] = self.frequency
        cents = round(float(amount) * 100)
        for _ in range(PATIENCE):
            presses = 2 if self.chance.random() < 0.2 else 1
            with ThreadPoolExecutor(presses) as fingers:
                asked = [fingers.submit(self._presses, {**form, **typed}) for _ in range(presses)]
            sessions = [session for each in asked if (session := each.result())]
            if sessions:
                # Both clicks' answers are on record; the browser shows the last one.
                self.letterbox += 1
                email = f"donor-{self.number}-{self.letterbox}@example.org"
                gifts = [self.tally.led(form["token"], cents, self.world.life, each, email) for each in sessions]
                return gifts[-1]
            yield self.chance.uniform(0.3, 2)
        return None

    def _presses(self, typed: dict[str, str]) -> str:
        """The session that a press leads to; empty when the donor has to press again."""
        answer = self._ask("POST", f"{self.world.address}/donate", data=typed)
        if answer is None or answer.status_code == 503:
            return ""
        if answer.status_code != 303:
            self.tally.surprise(f"POST /donate answered {answer.status_code}: {answer.text[:300]}")
            return ""
        session = session_in(answer.headers["Location"])
        if not session.startswith("cs_"):
            self.tally.surprise(f"POST /donate led to {answer.headers['Location']}")
            return ""
        return session

    def _looks_at_the_success_page(self, gift: Gift) -> Life:
        for _ in range(self.chance.randint(1, 3)):
            life = self.world.life
            page = self._ask("GET", f"{self.world.address}/success", params={"session_id": gift.session})
            # A restored backup may not know the gift yet.
            if page is not None and (page.status_code != 404 or life == 0 == self.world.life):
                said = re.search(r'data-state="(\w+)"', page.text)
                told = said[1] if said else str(page.status_code)
                if told in UNTRUE.get(gift.state, set()) or told.isdigit():
                    self.tally.surprise(f"{gift.session} is {gift.status()}, and the success page says {told}")
            yield self.chance.uniform(0.2, 3)

    # --- At Stripe ---

    def _at_stripe(self, gift: Gift, plan: str) -> Life:
        yield self.chance.uniform(0.1, 4)
        match plan:
            case "pays":
                pending = self.chance.random() < 0.2
                yield from self._pays(gift, REFUND_IS_PENDING if pending else self.chance.choice(PAYS))
            case "is declined, then pays":
                for _ in range(self.chance.randint(1, 2)):
                    yield from self._pays(gift, self.chance.choice(DECLINED))
                yield from self._pays(gift, self.chance.choice(PAYS))
            case "is declined and leaves":
                yield from self._pays(gift, self.chance.choice(DECLINED))
            case "lets the page expire":
                yield from self._is_too_late(gift)
            case "approves":
                yield from self._pays(gift, ASKS_FOR_APPROVAL, approval="approve")
            case "does not approve, then pays":
                yield from self._pays(gift, ASKS_FOR_APPROVAL, approval="refuse")
                yield from self._pays(gift, self.chance.choice(PAYS))
            case "does not approve and leaves":
                yield from self._pays(gift, ASKS_FOR_APPROVAL, approval="refuse")
            case "pays by bank":
                yield from self._pays_by_bank(gift, "settles")
            case "pays by bank in vain":
                yield from self._pays_by_bank(gift, "fails")
        if gift.state in UNTRUE and self.chance.random() < 0.6:
            yield from self._looks_at_the_success_page(gift)
        if gift.state == State.PROCESSING:
            yield from self._bank_answers(gift, "fails" if plan.endswith("vain") else "settles")
        if gift.state == State.PAID and plan == "pays by bank" and self.chance.random() < 0.4:
            yield from treasurer.bank_sends_back(gift, self.chance, self.world.dashboard, self.tally)
        elif gift.state == State.PAID:
            yield from treasurer.deals_with(gift, self.chance, self.world.dashboard, self.tally)
            if self.chance.random() < 0.4:
                yield from self._looks_at_the_success_page(gift)

    def _pays(self, gift: Gift, number: str, approval: str = "") -> Life:
        card = {"number": number, "exp": "12/40", "cvc": "123", "name": f"Donor {self.number}", "email": gift.email}
        answer = yield from self._submits(gift, "", {**card, "pay": "card"})
        if approval:
            answer = yield from self._submits(gift, "/3ds", {approval: "1"})
        if answer.status_code == 303:
            gift.state = State.PAID
        elif answer.status_code != 402:
            self.tally.surprise(f"Stripe's page answered {answer.status_code}")

    def _pays_by_bank(self, gift: Gift, outcome: str) -> Life:
        answer = yield from self._submits(gift, "", {"bank": outcome, "email": gift.email})
        if answer.status_code == 303:
            gift.state, gift.bank = State.PROCESSING, outcome

    def _submits(self, gift: Gift, path: str, typed: dict[str, str]) -> Wait:
        """Send a form of Stripe's pages: its answer. A complete session answers with the way to the success page."""
        url = f"{self.world.dashboard.address}/pay/{gift.session}{path}"
        while True:
            page = self._ask("GET", url)
            if page is not None and page.status_code in {302, 303}:
                return page
            if page is not None and page.status_code == 200:
                form = {**typed, "csrfmiddlewaretoken": _field(page.text, "csrfmiddlewaretoken")}
                answer = self._ask("POST", url, data=form)
                if answer is not None and answer.status_code < 500:
                    return answer
            yield 0.5

    def _bank_answers(self, gift: Gift, outcome: str) -> Life:
        if self.chance.random() < 0.15:
            return  # it takes its days, beyond the end of the run
        yield self.chance.uniform(0.5, 10)
        self.world.dashboard.bank_answers(gift.session, outcome)
        gift.state = State.PAID if outcome == "settles" else State.FAILED

    def _is_too_late(self, gift: Gift) -> Life:
        while not self.world.dashboard.expire(gift.session):
            yield self.chance.uniform(0.3, 1)
        gift.state = State.EXPIRED

    def _ask(self, method: str, url: str, **request: Any) -> requests.Response | None:
        """One request; None when the line broke. A site may ask to try again, and may never stumble."""
        try:
            answer = self.browser.request(method, url, timeout=60, allow_redirects=False, **request)
        except requests.RequestException:
            self.tally.count("broken lines")
            return None
        if answer.status_code >= 500 and answer.status_code != 503:
            self.tally.surprise(f"{method} {urlsplit(url).path} answered {answer.status_code}")
        return answer


def session_in(location: str) -> str:
    """The session's id in the address of its pay page or of the success page."""
    parts = urlsplit(location)
    return parse_qs(parts.query, keep_blank_values=True).get("session_id", [parts.path.rpartition("/")[2]])[0]


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no field {name}: {page[:2000]}"
    return found[1]
