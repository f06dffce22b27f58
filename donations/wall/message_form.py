"""The form for what donors say of themselves, and how their text is cleaned."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

# Control characters and the marks that turn the writing direction of what follows: they could disguise a name.
_UNWANTED = {"Cc", "Cs", "Co", "Cn"}
_BIDI = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"}


# Accents that may stand on one letter. No script needs more, and hundreds of them would draw over the whole page.
_ACCENTS = 4


def tidy(text: str) -> str:
    """NFC, one line, without control and direction marks; joiners stay (many scripts and emoji need them)."""
    normal = "".join(_few_accents(unicodedata.normalize("NFC", text)))
    kept = (
        " " if character in "\t\r\n" else character
        for character in normal
        if character in "\t\r\n" or (character not in _BIDI and unicodedata.category(character) not in _UNWANTED)
    )
    return " ".join("".join(kept).split())


def _few_accents(text: str) -> Iterator[str]:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if run <= _ACCENTS:
            yield character


class TidyField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return tidy(str(super().to_python(value) or ""))


class MessageForm(forms.Form):
    """Asked after the gift: the name to show, a few words, and whether the name may be shown."""

    name = TidyField(max_length=60, required=False, label=gettext_lazy("Name to show"))
    message = TidyField(max_length=200, required=False, label=gettext_lazy("A few words"), widget=forms.Textarea)
    public = forms.BooleanField(required=False, label=gettext_lazy("Show my name on the sponsors page"))
    show_amount = forms.BooleanField(required=False, label=gettext_lazy("Show the amount too"))
