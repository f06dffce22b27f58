"""Donors who give every month or year: they begin like others, and in the months that follow some change their mind."""

from __future__ import annotations

import re
from typing import Any

from tests.system.chaos.crowd import Life
from tests.system.chaos.dashboard import Refused
from tests.system.chaos.donors import DECLINED, PAYS, Donor, Wait
from tests.system.chaos.stripes_book import StripesBook
from tests.system.chaos.tally import Gift, State

FAILS_LATER = "4000000000000341"
# What becomes of one in a month, at Stripe or by the donor's own hand on our page.
DEEDS = {
    "nothing": 80,
    "another card": 5,
    "a card that fails": 5,
    "ended in the dashboard": 2,
    "ended by the bank": 2,
    "ends with its period": 2,
}
OWN_DEEDS = {"stop": 4, "amount": 4, "pause": 3, "resume": 2}
# Letters with a link, of all donors in a month: the site gives one place no more at once.
LETTERS = 6
PATIENCE = 16  # looks into the letterbox


class Regular(Donor):
    """`gift` is the first one, once there is a page for it."""

    gift: Gift | None = None

    def life(self) -> Life:
        with self.browser:
            self.frequency = "yearly" if self.chance.random() < 0.1 else "monthly"
            form = yield from self._opens_the_form()
            gift = yield from self._chooses(form, self._amount())
            if gift is None:
                self.tally.count("left without a page")
                return
            gift.repeats = True
            self.gift = gift
            yield self.chance.uniform(0.1, 2)
            if self.chance.random() < 0.15:
                yield from self._pays(gift, self.chance.choice(DECLINED))
            if self.chance.random() < 0.95:
                yield from self._pays(gift, FAILS_LATER if self.chance.random() < 0.15 else self.chance.choice(PAYS))

    def month(self, *, by_hand: bool) -> Life:
        """What becomes of it in a month; `by_hand` if its donor has something to change on our page."""
        if self.gift is None or self.gift.state != State.PAID:
            return
        name = StripesBook(self.world.stripes_book).subscription_of(self.gift.session)
        if by_hand:
            yield from self._changes(self.gift, self.chance.choices(list(OWN_DEEDS), list(OWN_DEEDS.values()))[0])
            return
        deed = self.chance.choices(list(DEEDS), list(DEEDS.values()))[0]
        try:
            self._is_done(deed, name)
        except Refused:  # it had ended
            return
        self.tally.count(deed)

    def _is_done(self, deed: str, name: str) -> None:
        match deed:
            case "another card":
                self.world.dashboard.change_card(name, self.chance.choice(PAYS))
            case "a card that fails":
                self.world.dashboard.change_card(name, FAILS_LATER)
            case "ended in the dashboard":
                self.world.dashboard.end_subscription(name, "dashboard")
            case "ended by the bank":
                self.world.dashboard.end_subscription(name, "bank")
            case "ends with its period":
                self.world.dashboard.end_with_its_period(name)

    def _changes(self, gift: Gift, what: str) -> Life:
        """Come by a mailed link, and change it; a donor who gets nowhere leaves it as it is."""
        page = yield from self._comes_by_a_link(gift)
        for _ in range(5):
            if page is None or page.status_code != 200:
                return
            fields = self._form_of(page.text, what)
            if fields is None:  # not now: it is paused, or over
                return
            answer = self._ask("POST", page.url, data=fields)
            if answer is not None and answer.status_code == 303:
                self.tally.surprise(f"{what} led to {answer.headers['Location']}")
            if answer is not None and answer.status_code == 302:
                self.tally.count(f"{what} by the donor")
                gift.stopped = gift.stopped or what == "stop"
                return
            yield self.chance.uniform(0.3, 2)

    def _comes_by_a_link(self, gift: Gift) -> Wait:
        """The page of this monthly gift; None when no letter came."""
        address = f"{self.world.address}/monthly"
        page = yield from self._gets(address)
        seen = len(self.world.post.taken)
        asked = self._ask("POST", address, data={"csrfmiddlewaretoken": self._token(page.text), "email": gift.email})
        if asked is None or asked.status_code != 302:
            return None
        for _ in range(PATIENCE):
            yield 0.5
            links = [letter.link for letter in self.world.post.taken[seen:] if letter.to == gift.email and letter.link]
            if links := [link for link in links if ":" in link.rpartition("/")[2]]:
                break
        else:
            return None
        page = yield from self._gets(links[0])
        if page.status_code != 200:
            return None
        answer = self._ask("POST", links[0], data={"csrfmiddlewaretoken": self._token(page.text)})
        if answer is None or answer.status_code != 302:
            return None
        return (yield from self._gets(f"{self.world.address}{answer.headers['Location']}"))

    def _gets(self, url: str) -> Wait:
        while True:
            page = self._ask("GET", url)
            if page is not None and page.status_code < 500:
                return page
            yield self.chance.uniform(0.3, 1.5)

    def _form_of(self, page: str, what: str) -> dict[str, Any] | None:
        """What the page's form for this sends; None when it has none."""
        found = next((form for form in re.findall(r"(?s)<form.*?</form>", page) if f'value="{what}"' in form), None)
        if found is None:
            return None
        once = re.search(r'name="once" value="(\w+)"', found)
        more = {"amount": {"amount": str(self.chance.randint(2, 90))}, "pause": {"leave_out": "1"}}
        return {"csrfmiddlewaretoken": self._token(found), "once": once and once[1], "do": what, **more.get(what, {})}

    def _token(self, page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, page[:2000]
        return found[1]
