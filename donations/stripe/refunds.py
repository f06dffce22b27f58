"""Sends money back, when a person asks for it: once, and never more than is left.

What is wanted is stored first, then Stripe is asked, with the stored row's uuid as idempotency key: a time-out means
that the same is asked again. The answer is booked at once; the webhook that tells the same may come before or after.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from donations.domain.updates import Refund
from donations.ledger import identity
from donations.models import Donation, RefundRequest, insert_once
from donations.stripe import client, events, parsing, polling
from donations.stripe.errors import Refused, StripeUnavailable
from donations.stripe.refundable import InAnotherAccount, Refundable, left, why_not
from lib import money

log = logging.getLogger(__name__)

State = RefundRequest.State
# Before the background asks again; longer than one call takes.
PAUSE = timedelta(minutes=2)
# Stripe's code, under one HTTP status or another, for an id that the account of our key does not hold.
NO_SUCH = "resource_missing"


class Impossible(Exception):
    """This cannot be refunded (any more). The text is for the person who asked."""


class Unanswered(Exception):
    """Stripe did not say whether it made the refund. The request stays, and the same is asked again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for: `amount` in minor units of the payment's currency, `number` as `next_number` said."""

    number: int
    payment: str
    amount: int
    reason: str
    note: str
    by: str


def next_number(donation: Donation) -> int:
    return donation.refund_requests.count() + 1


def unanswered(donation: Donation) -> RefundRequest | None:
    """The request that Stripe has not answered yet."""
    return donation.refund_requests.filter(state=State.ASKED).first()


def request(
    donation: Donation, wanted: Wanted, payments: list[Refundable], note_down: Callable[[RefundRequest], None]
) -> RefundRequest:
    """Store what is wanted, and ask Stripe for it. `payments` is what `refresh` has just told of this donation.

    `note_down` runs in the transaction that stores it. Raises Impossible (nothing was asked, or Stripe refused) and
    Unanswered.
    """
    stored, new = _store(donation, wanted, payments, note_down)
    # Stripe cannot have made yet what nobody has asked it for: only an earlier request is looked for there.
    return _asked(stored, _make) if new else carry_out(stored)


def carry_out(request: RefundRequest) -> RefundRequest:
    """Ask Stripe for the refund, or learn that it was made. May be called any number of times, at once too.

    Raises Impossible (Stripe refused) and Unanswered.
    """
    if request.state != State.ASKED:
        return _answered(request)
    return _asked(request, lambda request: _made(request) or _make(request))


def finish_open() -> int:
    """Ask again for what Stripe has not answered. Returns how many were answered."""
    now = timezone.now()
    done = 0
    for request in RefundRequest.objects.filter(state=State.ASKED, asked_at__lte=now - PAUSE)[:20]:
        # The claim: another process may be at it as well.
        if not RefundRequest.objects.filter(pk=request.pk, asked_at=request.asked_at).update(asked_at=now):
            continue
        with contextlib.suppress(Impossible, Unanswered):
            done += carry_out(request).state == State.MADE
    return done


def _asked(request: RefundRequest, ask: Callable[[RefundRequest], str]) -> RefundRequest:
    try:
        refund = ask(request)
    except StripeUnavailable as error:
        log.warning("refund request %s: no answer from Stripe (%s)", request.uuid, error)
        raise Unanswered from error
    _close(request, State.MADE, refund=refund)
    return _answered(request)


def _store(
    donation: Donation, wanted: Wanted, payments: list[Refundable], note_down: Callable[[RefundRequest], None]
) -> tuple[RefundRequest, bool]:
    """The request as it is stored, and whether it is a new one."""
    with transaction.atomic():
        # PostgreSQL waits here for the other one; SQLite has waited at BEGIN. The constraints hold in any case.
        donation = Donation.objects.select_for_update().get(pk=donation.pk)
        if earlier := donation.refund_requests.filter(number=wanted.number).first():
            return _same(earlier, wanted), False
        if problem := why_not(donation):
            raise Impossible(problem)
        payment = next((payment for payment in payments if payment.payment == wanted.payment), None)
        rest = min(left(donation), payment.left) if payment else 0
        if payment is None or not 0 < wanted.amount <= rest:
            raise Impossible(_too_much(rest, donation))
        stored = insert_once(
            RefundRequest(
                donation=donation, number=wanted.number, payment=wanted.payment, amount=wanted.amount,
                currency=payment.currency, reason=wanted.reason, note=wanted.note, asked_by=wanted.by,
            )
        )  # fmt: skip
        if stored is None:
            raise Impossible(_("Another refund of this gift is under way."))
        note_down(stored)
    return stored, True


def _same(earlier: RefundRequest, wanted: Wanted) -> RefundRequest:
    """The same page, sent twice or by two people: one refund, if they mean the same."""
    if (earlier.payment, earlier.amount) != (wanted.payment, wanted.amount):
        raise Impossible(
            _("Meanwhile %(who)s asked for a refund of %(amount)s. Look again before you ask for another one.")
            % {"who": earlier.asked_by, "amount": money.display(earlier.amount, earlier.currency)}
        )
    return earlier


def _too_much(rest: int, donation: Donation) -> str:
    if rest <= 0:
        return _("Nothing is left of this payment.")
    return _("At most %(rest)s is left of this payment.") % {"rest": money.display(rest, donation.currency)}


def _made(request: RefundRequest) -> str:
    """The refund's id, if Stripe made it and its answer did not reach us. Its own record outlives the key (a day)."""
    try:
        updates = polling.fetch_cases(request.payment)
    except Refused as error:
        if error.code == NO_SUCH:
            return ""
        # No word on the refund itself.
        raise StripeUnavailable(str(error)) from error
    refunds = (update.change for update in updates if isinstance(update.change, Refund))
    return next((refund.id for refund in refunds if refund.request == str(request.uuid)), "")


def _make(request: RefundRequest) -> str:
    at = polling.fetch_time()
    try:
        answer = client.create_refund(
            key=f"refund-{request.uuid}",
            payment=request.payment,
            amount=request.amount,
            reason=request.reason,
            metadata={
                **identity.metadata(),
                "tincup_refund": str(request.uuid),
                "tincup_asked_by": request.asked_by,
            },
        )
    except Refused as error:
        # An error of Stripe's own says nothing of the refund, and Stripe repeats it under this key: look what is there.
        if (error.status or 0) >= 500 and (refund := _made(request)):
            return refund
        log.error("refund request %s: Stripe refused (%s)", request.uuid, error)
        _close(request, State.REFUSED, answer=str(error)[:300])
        if error.code == NO_SUCH:
            raise Impossible(str(InAnotherAccount())) from error
        # Most likely something happened at Stripe in this very moment: bring it in.
        with contextlib.suppress(StripeUnavailable, Refused):
            polling.fetch_cases(request.payment)
        raise Impossible(_("Stripe refused the refund: %(words)s") % {"words": error.message}) from error
    try:
        update = parsing.update_of(answer, at=at)
    except parsing.Unreadable as error:
        raise StripeUnavailable(str(error)) from error
    if update is None or not isinstance(update.change, Refund):
        raise StripeUnavailable("an answer that is no refund")
    events.post(update)
    return update.change.id


def _close(request: RefundRequest, state: RefundRequest.State, **values: str) -> None:
    RefundRequest.objects.filter(pk=request.pk, state=State.ASKED).update(state=state, **values)


def _answered(request: RefundRequest) -> RefundRequest:
    request.refresh_from_db()
    if request.state == State.REFUSED:
        raise Impossible(_("Stripe refused the refund: %(words)s") % {"words": request.answer})
    return request
