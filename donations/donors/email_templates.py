"""The e-mails that the site can send, one function each, from values that are ready to be read.

Each has three templates: `mail/<kind>.subject.txt`, `.txt` and `.html`. The text comes first and says everything.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from mail.outbox import Email
from organisation.models import current

# Mail programs make a link of these. A stranger must not send somebody a link in our name, by giving it as his own.
LINK_LIKE = re.compile(r"[/@\\]|\w[.。]\w\w")


@dataclass(frozen=True, slots=True)
class About:
    """What every e-mail says: whom it is for, and which gift it is about."""

    to: str
    name: str
    org: str
    amount: str  # "$25.00"
    amount_short: str  # "$25"
    number: str
    date: str
    link: str = ""
    practice: bool = False
    # Of the organisation, for a receipt.
    address: str = ""
    registration: str = ""
    legal: str = ""


def paid(about: About, *, fee: str = "", net: str = "", paid_as: str = "", every: str = "", method: str = "") -> Email:
    """A payment arrived. The card fee is named only when it is known; `paid_as` is what it was in another currency.

    `every` says how often it comes again: "every month".
    """
    return _email("paid", about, fee=fee, net=net, paid_as=paid_as, every=every, method=method)


def landed(
    about: About, *, fee: str = "", net: str = "", paid_as: str = "", every: str = "", method: str = ""
) -> Email:
    """A bank payment that was on its way for days arrived."""
    return _email("landed", about, fee=fee, net=net, paid_as=paid_as, every=every, method=method)


def failed(about: About, *, again: str) -> Email:
    """A bank payment was turned down. `date` is when it was begun; `again` leads to the form."""
    return _email("failed", about, again=again)


def payment_failed(about: About, *, arrived: str, again: str) -> Email:
    """A bank payment that had arrived was sent back by the bank. `date` is when; `again` leads to the form."""
    return _email("payment_failed", about, arrived=arrived, again=again)


def refunded(about: About, *, gift: str = "") -> Email:
    """`amount` is on its way back to the donor; `gift` is named when that is only a part of it."""
    return _email("refunded", about, gift=gift)


def refund_failed(about: About) -> Email:
    """A refund of `amount` did not get through: the money is with the organisation again."""
    return _email("refund_failed", about)


def letter(to: str, subject: str, words: str, *, link: str = "", says: str = "", after: str = "") -> Email:
    """An e-mail that is about no one payment: `says` is what the `link` does, `after` a last word."""
    practice = not settings.STRIPE_LIVE
    context = {"words": words, "link": link, "says": says, "after": after, "practice": practice}
    context["org"] = current().called
    return Email(
        to=to,
        subject=f"{_('[Practice]')} {subject}" if practice else subject,
        text=_tidy(render_to_string("mail/account.txt", context)),
        html=_tidy(render_to_string("mail/account.html", context)),
    )


def offline(about: About, *, method: str) -> Email:
    """A gift outside Stripe reached us, by this method."""
    return _email("offline", about, method=method)


def _email(kind: str, about: About, **more: str) -> Email:
    said = "" if LINK_LIKE.search(about.name) else about.name
    context = asdict(about) | more | {"name": said or _("friend"), "giver": said}
    subject = " ".join(render_to_string(f"mail/{kind}.subject.txt", context).split())
    return Email(
        to=about.to,
        subject=f"{_('[Practice]')} {subject}" if about.practice else subject,
        text=_tidy(render_to_string(f"mail/{kind}.txt", context)),
        html=_tidy(render_to_string(f"mail/{kind}.html", context)),
    )


def _tidy(text: str) -> str:
    """Without the empty lines that the template's tags leave behind."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.strip().splitlines())) + "\n"
