"""One e-mail over the mail server, within a limit of time; every way to fail sorted into three.

`Refused`: trying again would not help. `NotTaken`: this e-mail was not taken this time. `Unreachable`: the server takes
none of ours now, because it is away or because something about us has to be mended: the host, TLS, the sign-in, the
sender. That is no fault of the e-mail's. The errors' texts name neither addresses nor what we sign in with, for they
are kept and shown.
"""

from __future__ import annotations

import contextlib
import logging
import re
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger(__name__)

# Of the whole dialogue. EMAIL_TIMEOUT limits each single answer only, and there are a dozen.
LIMIT = 60.0  # seconds
GOODBYE = 5.0  # seconds; the e-mail is taken by then
# A refusal that comes with the recipient or the text, and is about us all the same. RFC 3463: 5.7 is security and
# policy, of 5.1 the last two are about the sender, the rest of 5.1 and all of 5.2 about the recipient.
SIGN_IN_FIRST = {530, 535}
ABOUT_US = re.compile(
    r"relay|authenticat|\bsender\b|not verified|\bsend(ing)? (as|limit|quota)\b|\b5\.1\.[78]\b", re.IGNORECASE
)
ABOUT_THEM = re.compile(r"\b5\.(1\.[1-6]|2\.\d)\b")


class NotSent(Exception):
    """The e-mail was not sent, or nobody can tell."""


class Refused(NotSent):
    pass


class NotTaken(NotSent):
    pass


class Unreachable(NotSent):
    pass


def send(message: EmailMessage, taken: Callable[[], None]) -> None:
    """Send by the backend of the settings. `taken` is called at once when the server has taken the e-mail.

    At once: a good-bye that hangs, or a kill while we wait for it, must not make a sent e-mail look unsent.
    """
    try:
        connection = get_connection()
    except Exception as error:
        raise _not_opened(error) from None
    try:
        with _limited(connection):
            try:
                # Opened here, so that send_messages does not close it and wait for the good-bye.
                connection.open()
            except Exception as error:
                raise _not_opened(error) from None
            try:
                count = connection.send_messages([message])
            except Exception as error:
                raise _sorted(error) from None
        if not count:
            raise NotTaken("the mail backend did not send it")
        taken()
    finally:
        _hang_up(connection)


def _not_opened(error: Exception) -> NotSent:
    """Nothing of the e-mail has been looked at: whatever it is, a setting or the server is the cause."""
    match error:
        case smtplib.SMTPException() | OSError():
            return _sorted(error)
        case ValueError():
            # A host name or a password that cannot be sent, or settings that exclude each other.
            return Unreachable(f"the mail server's settings cannot be used ({type(error).__name__})")
    log.error("the mail backend failed", exc_info=error)
    return Unreachable(type(error).__name__)


def _sorted(error: Exception) -> NotSent:
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return _by_code(code, answer)
        case smtplib.SMTPDataError():
            return _by_code(error.smtp_code, error.smtp_error)
        case smtplib.SMTPResponseException():
            # About the sender, the sign-in or the server: the operator can mend these, so the e-mail lives on.
            return Unreachable(_plain(f"{error.smtp_code} {_text(error.smtp_error)}"))
        case smtplib.SMTPNotSupportedError() if "internationalized" in str(error):
            return Refused("the mail server cannot write to such an address")
        case smtplib.SMTPException():
            return Unreachable(_plain(str(error)))
        case OSError():
            return Unreachable(_plain(f"{type(error).__name__} {error.strerror or ''}"))
        case ValueError():
            # Django's refusal of a header, or an address or a text that cannot be encoded.
            return Refused(f"the letter cannot be written ({type(error).__name__})")
    log.error("the mail backend failed", exc_info=error)
    return NotTaken(type(error).__name__)


def _by_code(code: int, answer: bytes | str) -> NotSent:
    said = _plain(f"{code} {_text(answer)}")
    if code in SIGN_IN_FIRST or (code >= 500 and ABOUT_US.search(said) and not ABOUT_THEM.search(said)):
        return Unreachable(said)
    return Refused(said) if code >= 500 else NotTaken(said)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _plain(text: str) -> str:
    """On one line, and without addresses or what we sign in with, which some servers repeat."""
    for secret in (settings.EMAIL_HOST_PASSWORD, settings.EMAIL_HOST_USER):
        if secret:
            text = text.replace(secret, "…")
    return re.sub(r"\S*@\S*", "…", " ".join(text.split()))


@contextlib.contextmanager
def _limited(connection: BaseEmailBackend) -> Iterator[None]:
    """Cut the line when the time is over: an answer that drips in byte by byte never meets EMAIL_TIMEOUT.

    Before the server's greeting there is no line that could be cut; until then EMAIL_TIMEOUT alone holds.
    """
    done = threading.Event()

    def watch() -> None:
        delay = LIMIT
        while not done.wait(delay):
            _cut(connection)
            delay = 1.0  # the line may have been about to open

    watcher = threading.Thread(target=watch, name="mail-limit", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _smtp(connection: BaseEmailBackend) -> smtplib.SMTP | None:
    """The dialogue of Django's SMTP backend, also one that is only beginning; other backends have none."""
    smtp = getattr(connection, "connection", None) or getattr(connection, "_partial_connection", None)
    return smtp if isinstance(smtp, smtplib.SMTP) else None


def _cut(connection: BaseEmailBackend) -> None:
    line = getattr(_smtp(connection), "sock", None)
    if line is not None:
        with contextlib.suppress(OSError):
            # The plain socket's: that of a TLS socket would let the other thread go on in clear text for a moment.
            socket.socket.shutdown(line, socket.SHUT_RDWR)


def _hang_up(connection: BaseEmailBackend) -> None:
    """Never fails: what was sent is sent. smtplib's errors are OSErrors too."""
    smtp = _smtp(connection)
    with contextlib.suppress(OSError):
        if smtp is None:
            connection.close()
            return
        line = getattr(smtp, "sock", None)
        if line is not None:
            line.settimeout(GOODBYE)
            smtp.quit()
    if smtp is not None:
        smtp.close()
