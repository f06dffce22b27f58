"""E-mail addresses: one spelling for each mailbox, however it is written."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def spelled(email: str) -> str:
    """The address as it is stored: wide letters as plain ones, the host in ASCII (IDNA 2008) and lower case.

    The part before the @ stays as it was typed, for mail goes there; but letters beyond ASCII are lower case, since not
    every database knows that Ü is ü.
    """
    local, at, host = unicodedata.normalize("NFKC", email).strip().rpartition("@")
    if not at:
        return host
    return f"{local if local.isascii() else local.lower()}@{ascii_host(host)}"


def normalise(email: str) -> str:
    """What two spellings of one mailbox have in common.

    No provider in use tells Ada@ from ada@, and two accounts would split one person.
    """
    return spelled(email).lower()


def ascii_host(host: str) -> str:
    """A host name, or a piece of one, as the network knows it; as it is, in lower case, when it cannot be one."""
    if host.isascii():
        return host.lower()
    for encode in (_idna_2008, _idna_2003):
        try:
            return encode(host)
        except UnicodeError:  # IDNAError is one
            continue
    return host.lower()


def _idna_2008(host: str) -> str:
    return idna.encode(host, uts46=True, transitional=False).decode()


def _idna_2003(host: str) -> str:
    """By the older rules, under which names of emoji were sold, and by which mail is sent to them still."""
    return host.lower().encode("idna").decode()


def searched(text: str) -> str:
    """What to look for among stored addresses: each whole address, and each host, in the one spelling."""
    words = text.split()
    return " ".join(spelled(word) if "@" in word else ascii_host(word) if "." in word else word for word in words)


def spellings(email: str) -> set[str]:
    """How an address may stand in a text that somebody else wrote, JSON's escapes included; case aside."""
    one = normalise(email)
    local, at, host = one.rpartition("@")
    try:
        readable = f"{local}{at}{idna.decode(host)}"
    except UnicodeError:
        readable = one
    ways = {one, readable, unicodedata.normalize("NFD", readable), readable.upper()}
    return {way for way in ways if way} | {json.dumps(way)[1:-1] for way in ways if way}


class AddressField(forms.EmailField):
    """An e-mail address as it is stored."""

    def to_python(self, value: Any) -> str:
        return spelled(str(super().to_python(value) or ""))

    def run_validators(self, value: Any) -> None:
        if not str(value).rpartition("@")[0].isascii():
            raise ValidationError(
                _("This site can’t write to an address with letters like “ü” before the @. Enter another one."),
                code="invalid",
            )
        super().run_validators(value)
