"""The form for what donors say of themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from lib.people.typed_text import TidyField


class MessageForm(forms.Form):
    """Asked after the gift: the name to show, a few words, and whether the name may be shown."""

    name = TidyField(max_length=60, required=False, label=gettext_lazy("Name to show"))
    message = TidyField(max_length=200, required=False, label=gettext_lazy("A few words"), widget=forms.Textarea)
    public = forms.BooleanField(required=False, label=gettext_lazy("Show my name on the sponsors page"))
    show_amount = forms.BooleanField(required=False, label=gettext_lazy("Show the amount too"))
