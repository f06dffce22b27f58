"""Histories of a gift, lived at the real sandbox, that can be looked at again as they were at each moment.

The deeds are the sandbox's own (the functions behind its pay page and its control API), the events are the ones that it
froze when they happened, and what was done is tallied here, by neither the site nor the sandbox.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest import mock
from urllib.parse import urlsplit

import requests
import time_machine
from django.db.models import Q
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import strategies as st

from donations.giving import checkout
from donations.giving.claims import Order
from donations.ledger import identity
from donations.models import Donation, StripeRef
from donations.stripe import client as stripe_client
from sandbox.core import store
from sandbox.engine import bank_payments, card_payments, disputes, refunds, sessions, settlement, test_cards
from sandbox.models import Behaviour, Event, IdempotentCall, Record
from sandbox.objects.charge import Payer
from tests.system.chaos.tally import Dispute, Gift, Refund, Row, State

EMAIL = "ada@example.org"
ADA = Payer(EMAIL, "Ada")
BEGUN = datetime(2026, 3, 30, 12, tzinfo=UTC)

PLAIN, SLOW_REFUNDS = "4242424242424242", "4000000000007726"
DECLINED, CHALLENGED = "4000000000000002", "4000000000003220"
# Between two deeds: seconds, an hour, days, and past the end of a month. Stripe's times are whole seconds, so what
# somebody sees up to a second after a deed must be older than the next one.
PAUSES = st.sampled_from([2.0, 2.4, 3600.0, 3 * 86400.0, 40 * 86400.0])
SHARES = st.sampled_from([1, 30, 50, 100])  # percent


@dataclass(frozen=True)
class Moment:
    """What Stripe held after a deed, and what it told about it."""

    at: datetime
    records: list[dict[str, Any]]
    events: list[dict[str, Any]]
    # The ids that somebody could ask about.
    things: list[str]


@dataclass
class History:
    """One donation, and everything that happened to it at Stripe."""

    clock: time_machine.Traveller
    donation: Donation
    # One for each page that the donor was led to, the first one first.
    gifts: list[Gift]
    moments: list[Moment] = field(default_factory=list)
    forgotten: bool = False
    # How many moments there were until the donor was done; what follows is about money that came.
    payment: int = 0

    def wait(self, seconds: float) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    def note(self) -> None:
        """A deed is done: keep how things stand now."""
        told = sum(len(moment.events) for moment in self.moments)
        records = [dict(record) for record in Record.objects.order_by("number").values()]
        self.moments.append(
            Moment(
                at=timezone.now(),
                records=records,
                events=[event.body for event in Event.objects.order_by("number")[told:]],
                things=[record["stripe_id"] for record in records if record["kind"] != "balance_transaction"],
            )
        )

    def go_to(self, moment: Moment, later: float = 0.0) -> None:
        """Clock and Stripe are as they were so many seconds after the deed."""
        self.clock.move_to(moment.at + timedelta(seconds=later))
        Record.objects.all().delete()
        Record.objects.bulk_create([Record(**record) for record in moment.records])

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for moment in self.moments for event in moment.events]

    @property
    def paid(self) -> bool:
        return any(gift.state == State.PAID for gift in self.gifts)

    def rows(self) -> Counter[Row]:
        """The ledger rows that this history must end in."""
        return sum((gift.rows() for gift in self.gifts), Counter())

    def cases(self) -> dict[str, str]:
        """How each refund and dispute ended at Stripe."""
        failed = Q(kind="charge", status="failed", stripe_id__startswith="py_")
        ended = Record.objects.filter(Q(kind__in=[refunds.KIND, disputes.KIND]) | failed)
        return dict(ended.values_list("stripe_id", "status"))

    def status(self) -> str:
        """The status that this history must end in: DESIGN's fold, from what was done."""
        if not self.paid:
            rank = [State.OPEN, State.EXPIRED, State.PROCESSING, State.FAILED]
            return max(self.gifts, key=lambda gift: rank.index(gift.state)).status()
        paid = [gift for gift in self.gifts if gift.state == State.PAID and not gift.bounced]
        if not paid:
            return State.FAILED.value
        together = Gift("", sum(gift.amount for gift in paid), "", State.PAID)
        for gift in paid:
            together.refunds += gift.refunds
            together.disputes += gift.disputes
        return together.status()

    # --- deeds -------------------------------------------------------------------------------------------------------

    def decline(self, gift: Gift) -> None:
        card_payments.pay(gift.session, test_cards.lookup(DECLINED), card_payments.Expiry(12, 2040), ADA)

    def refuse_approval(self, gift: Gift) -> None:
        card_payments.pay(gift.session, test_cards.lookup(CHALLENGED), card_payments.Expiry(12, 2040), ADA)
        card_payments.answer_challenge(gift.session, approved=False)

    def pay(self, gift: Gift, number: str) -> None:
        card_payments.pay(gift.session, test_cards.lookup(number), card_payments.Expiry(12, 2040), ADA)
        self._arrived(gift)

    def pay_by_bank(self, gift: Gift) -> None:
        bank_payments.pay(gift.session, "settles", ADA)
        gift.state = State.PROCESSING

    def bank_answers(self, gift: Gift, outcome: str) -> None:
        bank_payments.settle(store.get(sessions.KIND, gift.session).payment_intent, outcome)
        if outcome == "fails":
            gift.state = State.FAILED
        else:
            self._arrived(gift)

    def bounce(self, gift: Gift) -> None:
        assert bank_payments.fail_late(_charge(gift).stripe_id)
        gift.bounced = True

    def expire(self, gift: Gift) -> None:
        sessions.expire(gift.session)
        gift.state = State.EXPIRED

    def refund(self, gift: Gift, share: int) -> None:
        left = self._left(gift)
        made = refunds.create(_charge(gift).stripe_id, max(1, left * share // 100))
        gift.refunds.append(Refund(made.stripe_id, made.body["amount"]))
        gift.refunds[-1].became(made.status)

    def settle_refund(self, refund: Refund, outcome: str) -> None:
        made = refunds.settle(refund.id, outcome)
        assert made
        refund.became(made.status)

    def dispute(self, gift: Gift, kind: str, share: int) -> None:
        made = disputes.open(_charge(gift).stripe_id, kind, amount=max(1, gift.amount * share // 100))
        gift.disputes.append(Dispute(made.stripe_id, made.body["amount"]))
        gift.disputes[-1].became(made.status)

    def move_dispute(self, dispute: Dispute, to: str) -> None:
        made = disputes.advance(dispute.id, to)
        assert made
        dispute.became(made.status)

    def possible(self) -> dict[str, Callable[[int], None]]:
        """What can happen to the money now, each with a share in percent."""
        found: dict[str, Callable[[int], None]] = {}
        for page, gift in enumerate(self.gifts):
            if gift.state != State.PAID or gift.bounced:
                continue
            name = f"of page {page}"
            if self._left(gift) and not disputes.funds_withdrawn(_charge(gift).stripe_id):
                found[f"refund {name}"] = lambda share, gift=gift: self.refund(gift, share)
            charge = _charge(gift).body
            if charge["payment_method_details"]["type"] != "card" and not (gift.refunds or gift.disputes):
                found[f"the bank sends back {name}"] = lambda _, gift=gift: self.bounce(gift)
            for kind in disputes.KINDS:
                found[f"{kind} {name}"] = lambda share, gift=gift, kind=kind: self.dispute(gift, kind, share)
            for number, refund in enumerate(gift.refunds):
                for outcome in refunds.allowed_transitions(store.get(refunds.KIND, refund.id).status):
                    found[f"refund {number} {name} {outcome}"] = lambda _, refund=refund, outcome=outcome: (
                        self.settle_refund(refund, outcome)
                    )
            for number, dispute in enumerate(gift.disputes):
                for to in disputes.allowed_transitions(dispute.status):
                    found[f"dispute {number} {name}: {to}"] = lambda _, dispute=dispute, to=to: self.move_dispute(
                        dispute, to
                    )
        return found

    def _arrived(self, gift: Gift) -> None:
        gift.state = State.PAID
        settlement.settle(_charge(gift).stripe_id)

    def _left(self, gift: Gift) -> int:
        body = _charge(gift).body
        return int(body["amount"] - body["amount_refunded"])


def live(data: st.DataObject, clock: time_machine.Traveller) -> History:
    """Draw a history, and live it at the sandbox. Clock and sandbox are left where it ends."""
    for table in (Record, Event, Behaviour, IdempotentCall):
        table.objects.all().delete()
    Behaviour.objects.create(
        settlement=data.draw(st.sampled_from(["", "eur"]), "settled in"),
        exchange_rate="0.913457",
        two_ids=data.draw(st.sampled_from([False, False, True]), "each change told twice"),
    )
    amount = data.draw(st.sampled_from([2000, 50, 999_999]), "amount")
    donation = checkout.begin(Order(amount, "usd", name="Ada", public=True), f"token {timezone.now()} {amount}")
    history = History(clock, donation, [Gift(donation.session_id, amount, EMAIL)])
    if data.draw(st.sampled_from([False] * 4 + [True]), "a second page"):
        history.gifts.append(_second_page(donation, data.draw(st.sampled_from([amount, amount + 1]), "its amount")))
    for gift in history.gifts:
        for tried in data.draw(st.lists(st.sampled_from(["declined", "not approved"]), max_size=2), "tries"):
            history.wait(2.4)
            history.decline(gift) if tried == "declined" else history.refuse_approval(gift)
            history.note()
        _end_of_page(data, history, gift)
    history.payment = len(history.moments)
    for _ in range(data.draw(st.integers(0, 8), "deeds") if history.paid else 0):
        possible = history.possible()
        if not possible:
            break  # what failed after it had arrived is over
        name = data.draw(st.sampled_from(sorted(possible)), "then")
        history.wait(data.draw(PAUSES, "after seconds"))
        possible[name](data.draw(SHARES, "share"))
        history.note()
    if history.paid and len(history.gifts) == 1:
        # A database that was restored from an older backup.
        history.forgotten = data.draw(st.sampled_from([False] * 4 + [True]), "forgotten")
    if history.forgotten:
        StripeRef.objects.filter(donation=donation).delete()
        Donation.objects.filter(pk=donation.pk).delete()
    return history


def _end_of_page(data: st.DataObject, history: History, gift: Gift) -> None:
    paid, not_paid = (
        ["card", "card with slow refunds", "bank settles"],
        ["bank fails", "with the bank", "expires", "left open"],
    )
    # The richer half of life.
    end = data.draw(st.sampled_from(paid * 4 + not_paid), "the page")
    history.wait(2.4)
    if end.startswith("card"):
        history.pay(gift, SLOW_REFUNDS if "slow" in end else PLAIN)
    elif "bank" in end:
        history.pay_by_bank(gift)
        if end != "with the bank":
            history.note()
            history.wait(60)
            history.bank_answers(gift, end.removeprefix("bank "))
    elif end == "expires":
        history.expire(gift)
    history.note()


def _second_page(donation: Donation, amount: int) -> Gift:
    """As when the answer to the first try was lost: both pages can be paid."""
    marks = {**identity.metadata(), "tincup_donation": str(donation.uuid)}
    session = stripe_client.create_session(
        key=f"second-{donation.uuid}",
        amount=amount,
        currency="usd",
        description="A donation",
        success_url="http://localhost/success",
        cancel_url="http://localhost/",
        expires_at=donation.expires_at,
        reference=str(donation.uuid),
        email="",
        locale="",
        metadata=marks,
    )
    return Gift(session["id"], amount, EMAIL)


def _charge(gift: Gift) -> Record:
    found = store.charge_of(store.get(sessions.KIND, gift.session).payment_intent)
    assert found
    return found


_own = threading.local()


def client() -> Client:
    """A visitor's for each thread: a new one would load the site's middleware anew."""
    if not hasattr(_own, "client"):
        _own.client = Client()
    return cast(Client, _own.client)


class _InProcess(requests.adapters.BaseAdapter):
    """Carries the SDK's requests to the sandbox without a network: it must see this test's transaction and clock."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        url = urlsplit(str(request.url))
        answer = client().generic(
            str(request.method),
            f"{url.path}?{url.query}",
            request.body or b"",
            content_type=str(request.headers.get("Content-Type", "")),
            headers={name: request.headers[name] for name in ("Authorization", "Idempotency-Key")
                     if name in request.headers},
        )  # fmt: skip
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status_code, str(request.url), request
        response._content = answer.content
        response.headers.update(answer.headers)
        return response

    def close(self) -> None:
        pass


def _session(base: str) -> requests.Session:
    session = requests.Session()
    session.mount(base, _InProcess())
    return session


@contextmanager
def stripe_in_process() -> Iterator[None]:
    """The real SDK and the real sandbox, with a function call between them."""
    with (
        # An address of its own: the client is kept for each.
        override_settings(STRIPE_API_BASE="http://stripe.invalid/sandbox"),
        mock.patch.object(stripe_client, "_session", _session),
    ):
        yield
