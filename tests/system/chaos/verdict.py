"""The books of the site against the tally, gift by gift. Every difference is one line."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import requests

from tests.system.chaos.post import Taken
from tests.system.chaos.tally import Gift, Row, State, Tally
from tests.system.chaos.world import World

# A mail that the site had sent when the backup was made, and had not noted yet, is forgotten with those after it.
NOTING = 15.0  # seconds


class Books:
    """What the site's database holds, as anybody with the file or the password sees it."""

    def __init__(self, world: World) -> None:
        rows = world.database.rows
        self.donations = {
            pk: {"amount": amount, "status": status, "flags": flags}
            for pk, amount, status, flags in rows("SELECT id, amount, status, flags FROM donations_donation")
        }
        self.refs: dict[str, int | None] = dict(rows("SELECT id, donation_id FROM donations_striperef"))
        self.entries: dict[int, Counter[Row]] = defaultdict(Counter)
        self.sources: set[str] = set()
        # What each charge of a subscription brought, by its invoice; and the donations that were made of them.
        self.charges: dict[str, int] = {}
        self.charged: set[int] = set()
        self.currencies: set[str] = set()
        entries = rows("SELECT donation_id, kind, source, amount, currency FROM donations_ledgerentry")
        for donation, kind, source, amount, currency in entries:
            self.entries[donation][kind, amount] += 1
            self.sources.add(source)
            if source.startswith("in_"):
                self.charges[source] = amount
                self.charged.add(donation)
            self.currencies.add(currency)

        self.mirrored: set[str] = {name for (name,) in rows("SELECT id FROM donations_balancetransaction")}

    @property
    def rebuilt(self) -> int:
        return sum("rebuilt" in donation["flags"] for donation in self.donations.values())

    @property
    def rows(self) -> int:
        return sum(entries.total() for entries in self.entries.values())

    def row(self, number: int) -> tuple[Any, Counter[Row] | None]:
        """A donation, and what the ledger holds of it."""
        return self.donations.get(number), self.entries.get(number)

    def unpaid_and_lost(self, number: int) -> bool:
        """A page that nobody paid, and that only a late event still knows: its row went with a restored backup."""
        donation = self.donations.get(number, {"status": "", "flags": ""})
        unpaid = donation["status"] in {"pending", "expired"} and not self.entries.get(number)
        return unpaid and donation["flags"] == "rebuilt"

    def of_the_site(self, session: str) -> int | None:
        return self.refs.get(session)


def differences(world: World, tally: Tally, books: Books, renewals: list[int]) -> list[str]:
    """Between what happened and what is written down; `renewals` came without a page."""
    found = [*tally.surprises, *_gifts(tally, books), *_nothing_else(tally, books), *_one_page_for_one_form(tally)]
    found += _stats(world, tally, renewals)
    return found


def _gifts(tally: Tally, books: Books) -> Iterator[str]:
    for gift in tally.gifts.values():
        number = books.of_the_site(gift.session)
        if number is None and gift.state == "expired":
            # Lost with a restored backup before it was paid: no money, and nobody's name, so it is not made again.
            continue
        if number is None:
            yield f"{gift.session} ({gift.state}, {gift.amount}) is unknown to the site"
            continue
        donation = books.donations[number]
        real = (gift.amount, gift.status(), gift.rows())
        written = (donation["amount"], donation["status"], books.entries.get(number, Counter()))
        if real != written:
            yield f"{gift.session}, donation {number}: really {_words(real)}; written {_words(written)}"
        if unwanted := set(filter(None, donation["flags"].split(","))) - _expected_flags(gift):
            yield f"{gift.session}, donation {number}: flagged {', '.join(sorted(unwanted))}"


def _expected_flags(gift: Gift) -> set[str]:
    return {"rebuilt", "failed"} if gift.bounced else {"rebuilt"}


def _words(told: tuple[int, str, Counter[Row]]) -> str:
    amount, status, rows = told
    return f"{amount} {status} {sorted(rows.elements())}"


def _nothing_else(tally: Tally, books: Books) -> Iterator[str]:
    """Donations that led to no page hold no money; the other seller's money is nowhere."""
    known = {books.of_the_site(session) for session in tally.gifts}
    for number, donation in books.donations.items():
        if number in known | books.charged:
            continue
        if books.entries.get(number) or donation["status"] not in {"pending", "expired"}:
            yield f"donation {number} led to no page, and is {donation['status']}: {books.entries.get(number)}"
    if twice := [number for number, times in _uses(tally, books).items() if times > 1]:
        yield f"donations {twice} stand for several gifts"
    for stranger in tally.strangers:
        if books.refs.get(stranger) is not None or stranger in books.sources:
            yield f"{stranger} is the other seller's, and stands in our books"
    if books.currencies - {"usd"}:
        yield f"the ledger has rows in {books.currencies}"


def _uses(tally: Tally, books: Books) -> Counter[int]:
    return Counter(number for session in tally.gifts if (number := books.of_the_site(session)) is not None)


def _one_page_for_one_form(tally: Tally) -> Iterator[str]:
    for (token, amount, life), sessions in tally.led_to.items():
        if len(sessions) > 1:
            yield f"the form {token} with {amount} led to {sorted(sessions)} in life {life} of the database"


def _stats(world: World, tally: Tally, renewals: list[int]) -> Iterator[str]:
    kept = [*(gift.kept() for gift in tally.gifts.values()), *renewals]
    real = {"currency": "usd", "raised_minor": sum(kept), "donations": sum(amount > 0 for amount in kept)}
    real["raised"] = f"{real['raised_minor'] / 100:.2f}"  # type: ignore[operator]
    deadline = time.monotonic() + 10  # each process may tell what it knew five seconds ago
    while (told := _told(world)) != real:
        if time.monotonic() > deadline:
            yield f"/api/stats/ should say {real} and says {told}"
            return
        time.sleep(0.5)


def _told(world: World) -> Any:
    return requests.get(f"{world.address}/api/stats/", headers={"Connection": "close"}, timeout=30).json()


def mail_differences(world: World, tally: Tally, letters: dict[str, list[Taken]]) -> list[str]:
    """Every paid gift has its receipt, every failed one its word; nobody else has any; no copies beyond the kills."""
    found: list[str] = []
    for gift in tally.gifts.values():
        if not gift.repeats:
            found += _letters(gift, letters.pop(gift.email, []))
    found += [f"a letter to {to}: {mails[0].subject}" for to, mails in letters.items()]
    surplus = _copies(world)
    # Whoever is sending when the clock jumps has lost its claim, as one who is killed has.
    if surplus.total() > world.kills + world.jumps:
        found.append(f"{surplus.total()} letters came twice, after {world.kills} kills: {surplus.most_common(5)}")
    return found


def _letters(gift: Gift, letters: list[Taken]) -> Iterator[str]:
    subjects = {letter.message_id: letter.subject for letter in letters}
    kinds = Counter(_kind(subject) for subject in subjects.values())
    debits = sum(refund.debited for refund in gift.refunds)
    stuck = sum(refund.debited and not refund.credited for refund in gift.refunds)
    wanted = {
        "receipt": gift.state == State.PAID and not gift.bounced,
        "failed": gift.state == State.FAILED,
        "sent back": gift.bounced,
        "refund failed": sum(refund.credited for refund in gift.refunds),
    }
    if gift.bounced:
        # Nobody knew at first that it would fail, or nobody that it had arrived.
        for early in ("receipt", "failed"):
            wanted[early] = min(1, kinds[early])
    for kind, times in wanted.items():
        if kinds.pop(kind, 0) != times:
            yield f"{gift.session} is {gift.status()}, and its letters are {sorted(subjects.values())}: {kind}?"
    # A refund that came back before its e-mail was written needs none.
    if not stuck <= kinds.pop("refunded", 0) <= debits:
        yield f"{gift.session} was refunded {debits} times, and its letters are {sorted(subjects.values())}"
    if kinds:
        yield f"{gift.session}: letters of no known kind: {dict(kinds)}"


def _kind(subject: str) -> str:
    if re.search(r"receipt \d+", subject):
        return "receipt"
    if "arrive" in subject and "nothing was taken" in subject:
        return "failed"
    if "went back to your bank" in subject:
        return "sent back"
    if "couldn’t be sent back" in subject:
        return "refund failed"
    return "refunded" if "on its way back to you" in subject else subject


def _copies(world: World) -> Counter[str]:
    """How often each e-mail came once more, for no other reason than a kill."""
    surplus: Counter[str] = Counter()
    sent: dict[str, list[float]] = defaultdict(list)
    for letter in world.post.taken:
        sent[letter.message_id].append(letter.at)
    for message_id, times in sent.items():
        # The restored backup has forgotten these, and sends them again: once.
        forgotten = any(world.taken_at - NOTING < at < world.restored_at for at in times)
        again = any(at > world.restored_at for at in times)
        surplus[message_id] = len(times) - 1 - (forgotten and again)
    return +surplus
