"""E-mails wait here until the mail server has taken them.

`enqueue` is one INSERT, so it can stand in the transaction of what the e-mail is about. `send_due` belongs into the
background: any number of processes may call it, for each e-mail is claimed by a conditional UPDATE. A claim is a lease:
whoever is killed while sending leaves it to run out, and the e-mail is tried again, under the same Message-ID.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lib.database.rows import insert_once
from mail import transport
from mail.models import Mail

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # far longer than transport.LIMIT
BATCH = 200  # e-mails
ROUND = 30.0  # seconds; a slow mail server must not keep the other work of a round waiting
# After the first failure, the second, …: two days in all.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720, 720, 720)]
MAX_ATTEMPTS = len(PAUSES) + 1
# How long an e-mail may wait for what it needs, and how often we look: first after seconds, later hourly.
PATIENCE = timedelta(days=1)
# While the server takes none of ours, they wait for as long as it takes, and are not late once it is mended.
AT_LEAST = timedelta(hours=1)
LOOK_AGAIN = (timedelta(seconds=10), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Email:
    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Retry:
    """The e-mail cannot be written yet. It is looked at again, for a day."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """There is nothing to write (any more)."""

    reason: str


Compose = Callable[[str, str], Email | Retry | Cancel]


def enqueue(kind: str, key: str) -> None:
    """Owe the e-mail of this kind about this thing: one, however often this is called. In the caller's transaction."""
    insert_once(Mail(kind=kind, key=key, message_id=_message_id(kind, key)))


def cancel(keys: Iterable[str], reason: str) -> None:
    """Owe none of the e-mails about these things after all. In the transaction that owed them, or they may be sent."""
    owed = Mail.objects.filter(key__in=list(keys), state=Mail.State.WAITING)
    owed.update(state=Mail.State.CLOSED, next_at=None, error=reason)


def send_again(mail: Mail) -> bool:
    """Somebody asks for it: try an e-mail anew that is sent, dead or closed. False when it is waiting anyway."""
    fresh = {}
    if mail.state == Mail.State.SENT:
        # Under the old one, a mail program that has the e-mail would drop it as a copy.
        fresh["message_id"] = _message_id(mail.kind, mail.key, secrets.token_hex(8))
    again = Mail.objects.filter(pk=mail.pk, state=mail.state, next_at__isnull=True)
    return bool(again.update(state=Mail.State.WAITING, next_at=timezone.now(), lease="", attempts=0, error="", **fresh))


def reopen(emails: Iterable[tuple[str, str]]) -> None:
    """What they waited for has come after all: those of these (kind, key) that were closed unwritten are due again."""
    named = reduce(or_, (Q(kind=kind, key=key) for kind, key in emails), Q(pk=None))
    Mail.objects.filter(named, state=Mail.State.CLOSED).update(
        state=Mail.State.WAITING, next_at=timezone.now(), attempts=0, error=""
    )


def keys(beginning: str) -> set[str]:
    """The keys of all e-mails that begin so."""
    return set(Mail.objects.filter(key__startswith=beginning).values_list("key", flat=True))


def due(kind: str) -> list[str]:
    """The keys of the e-mails of a kind that the next `send_due` would send first."""
    waiting = Mail.objects.filter(kind=kind, next_at__lte=timezone.now()).order_by("next_at")
    return list(waiting.values_list("key", flat=True)[:BATCH])


def send_due(compose: Compose, limit: int = BATCH) -> int:
    """Send the e-mails whose time has come, each composed now. Returns how many the mail server took."""
    sent = 0
    end = time.monotonic() + ROUND
    for mail in list(Mail.objects.filter(next_at__lte=timezone.now()).order_by("next_at")[:limit]):
        if time.monotonic() > end:
            break
        if not _claim(mail):
            continue
        try:
            sent += _attempt(mail, compose)
        except transport.Unreachable as error:
            _wait(mail, str(error))
            break  # it takes no others either, and to find that out may take half a minute each time
    return sent


def _claim(mail: Mail) -> bool:
    """Make the e-mail ours for the length of a lease. It counts as an attempt: this process may not live to say so."""
    claim = {"lease": secrets.token_hex(16), "next_at": timezone.now() + LEASE, "attempts": mail.attempts + 1}
    with transaction.atomic(durable=True):  # a claim that is not committed binds nobody
        if not Mail.objects.filter(pk=mail.pk, next_at=mail.next_at, lease=mail.lease).update(**claim):
            return False
    for name, value in claim.items():
        setattr(mail, name, value)
    if mail.attempts > MAX_ATTEMPTS:
        _give_up(mail, Mail.State.FAILED, mail.error or "every attempt was cut short")
        return False
    return True


def _attempt(mail: Mail, compose: Compose) -> bool:
    """Write the e-mail, send it, and note how that went. True when the mail server took it."""
    try:
        email = compose(mail.kind, mail.key)
    except Exception as error:
        # An e-mail that cannot be written must not hold up the others. Only the error's type is kept in the outbox: its
        # text may quote the donor.
        log.exception("e-mail %s %s", mail.kind, mail.key)
        _retry_later(mail, type(error).__name__)
        return False
    match email:
        case Cancel():
            _give_up(mail, Mail.State.CLOSED, email.reason)
        case Retry():
            _look_again(mail, email.reason)
        case Email():
            return _send(mail, email)
    return False


def _send(mail: Mail, email: Email) -> bool:
    try:
        message = _message(email, mail.message_id)
        transport.send(message, lambda: _taken(mail))
    except transport.NotTaken as error:
        _retry_later(mail, str(error))
    except transport.Refused as error:
        _give_up(mail, Mail.State.FAILED, str(error))
    else:
        return True
    return False


def _taken(mail: Mail) -> None:
    _finish(mail, state=Mail.State.SENT, sent_at=timezone.now(), next_at=None, error="")


def _message(email: Email, message_id: str) -> EmailMultiAlternatives:
    try:
        validate_email(email.to)
    except ValidationError:
        # Also what stops an address that brings a second one, or a header, with it.
        raise transport.Refused("the address is not one that mail can be sent to") from None
    message = EmailMultiAlternatives(
        subject=" ".join(email.subject.split()),
        body=email.text,
        to=[email.to],
        # RFC 3834: no out-of-office notes to us.
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(email.html, "text/html")
    return message


def _look_again(mail: Mail, reason: str) -> None:
    now = timezone.now()
    age = now - mail.created_at
    if age > PATIENCE:
        _give_up(mail, Mail.State.CLOSED, reason)
        return
    soonest, latest = LOOK_AGAIN
    # Nothing was tried, so it does not count as an attempt.
    _finish(mail, next_at=now + min(max(age / 2, soonest), latest), attempts=mail.attempts - 1, error=reason[:200])


def _retry_later(mail: Mail, error: str) -> None:
    if mail.attempts >= MAX_ATTEMPTS:
        _give_up(mail, Mail.State.FAILED, error)
        return
    log.warning("e-mail %s %s was not sent: %s", mail.kind, mail.key, error)
    _finish(mail, next_at=timezone.now() + PAUSES[mail.attempts - 1], error=error[:200])


def _wait(mail: Mail, error: str) -> None:
    """It is not this e-mail's fault: it is never given up, and does not use up its attempts."""
    log.warning("e-mail %s %s waits for the mail server: %s", mail.kind, mail.key, error)
    attempts = min(mail.attempts, MAX_ATTEMPTS - 1)
    pause = min(PAUSES[attempts - 1], AT_LEAST)
    _finish(mail, next_at=timezone.now() + pause, attempts=attempts, error=error[:200])


def _give_up(mail: Mail, state: Mail.State, reason: str) -> None:
    if state == Mail.State.FAILED:
        log.error("e-mail %s %s is given up: %s", mail.kind, mail.key, reason)
    _finish(mail, state=state, next_at=None, error=reason[:200])


def _finish(mail: Mail, **outcome: object) -> None:
    """Write how it went, if the e-mail is still ours."""
    if not Mail.objects.filter(pk=mail.pk, lease=mail.lease).update(lease="", **outcome):
        log.warning("e-mail %s %s took longer than its lease", mail.kind, mail.key)


def _message_id(kind: str, key: str, again: str = "") -> str:
    """The same for the same e-mail, also when a restored backup has forgotten that it was sent."""
    digest = hashlib.sha256(f"{kind}\n{key}\n{again}".encode()).hexdigest()
    return f"<{digest[:40]}@{settings.SITE_HOST}>"
