"""The organisation's form in the admin: amounts as people type them, a logo to upload, a colour that stays readable."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import amount_field, money
from lib.amount_field import AmountField
from organisation import accent, images, impact
from organisation.models import Organisation


class PickedField(forms.CharField):
    """A browser's colour picker. It sends its colour always; nothing came from a form that has none."""

    widget = forms.TextInput(attrs={"type": "color"})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data) and str(data).lower() != initial


OWN_BLUE = "#1d4c8f"  # what the picker shows while no colour is chosen: --accent of static/css/tokens.css


def _amount(label: Any) -> AmountField:
    return AmountField(required=False, label=label, widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 12}))


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]
    goal_amount = _amount(gettext_lazy("Goal"))
    card_fee_fixed = _amount(gettext_lazy("Card fee, fixed part"))
    picked = PickedField(
        required=False, label=gettext_lazy("Accent colour, picked"), validators=[RegexValidator(accent.HEX)]
    )
    # Declared for the scheme of an address typed without one: Django 5's own default would be http.
    privacy_url = forms.URLField(
        required=False,
        assume_scheme="https",
        label=gettext_lazy("Privacy notice"),
        help_text=gettext_lazy("Empty: the site's own page."),
    )
    legal_url = forms.URLField(required=False, assume_scheme="https", label=gettext_lazy("Legal notice"))
    new_logo = forms.FileField(
        required=False,
        label=gettext_lazy("Logo"),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 2 MB. It is shown 32 pixels high, on a light ground."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    no_logo = forms.BooleanField(required=False, label=gettext_lazy("Take the logo away"))

    class Meta:
        model = Organisation
        fields = (
            *("name", "tagline", "description", "accent", "goal_amount", "goal_for", "goal_since", "goal_date"),
            *("impact", "questions", "thanks", "refund_promise", "announce_monthly"),
            *("cover_fees", "card_fee_percent", "card_fee_fixed"),
            *("contact_email", "address", "registration_number", "privacy_url", "legal_url", "receipt_text"),
            *("moderate_messages", "count_offline"),
        )
        widgets = {
            "tagline": forms.TextInput(attrs={"size": 80}),
            "refund_promise": forms.TextInput(attrs={"size": 80}),
            "address": forms.Textarea(attrs={"rows": 3, "cols": 60}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["picked"] = self.instance.accent or OWN_BLUE
        for name in ("goal_amount", "card_fee_fixed"):
            self.fields[name].help_text = self._help(name)
            if name in self.instance.outdated:
                self.initial[name] = None

    def _help(self, name: str) -> str:
        """How the amount is typed and, where one stands in another currency, what that is."""
        how = amount_field.in_currency(settings.DONATION_CURRENCY)
        currency = self.instance.outdated.get(name)
        if not currency:
            return how
        was = _("It was set as %(amount)s, and is not used while the site is in another currency.") % {
            "amount": money.display(getattr(self.instance, name), currency)
        }
        return f"{how} {was}"

    def clean_accent(self) -> str:
        return str(self.cleaned_data["accent"]).lower()

    def clean_picked(self) -> str:
        return str(self.cleaned_data["picked"]).lower()

    def clean_goal_amount(self) -> int | None:
        goal: int | None = self.cleaned_data["goal_amount"]
        if goal == 0:
            raise ValidationError(_("A goal is above 0. Leave it empty for none."), code="goal_zero")
        return goal

    def clean(self) -> dict[str, Any]:
        """What is left empty while an amount stands in another currency keeps that amount, for a way back."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        # A browser always sends the picker's colour: it counts if it was changed, and what was typed was not.
        if "picked" in self.changed_data and "accent" not in self.changed_data and "picked" in cleaned:
            cleaned["accent"] = cleaned["picked"]
        for name, currency in (("goal_amount", "goal_currency"), ("card_fee_fixed", "card_fee_currency")):
            if name in self.instance.outdated and cleaned.get(name) is None:
                cleaned[name] = getattr(self.instance, name)
            else:
                setattr(self.instance, currency, settings.DONATION_CURRENCY)
        return cleaned

    def clean_impact(self) -> str:
        text = str(self.cleaned_data["impact"]).replace("\r\n", "\n").strip()
        try:
            impact.lines(text, settings.DONATION_CURRENCY)
        except impact.UnreadableError as error:
            raise ValidationError(
                _("This line has no amount before a “=”: %(line)s. Write it like: 20 = keeps a gauge running.")
                % {"line": error.args[0]},
                code="impact",
            ) from error
        return text

    def clean_questions(self) -> str:
        text = str(self.cleaned_data["questions"]).replace("\r\n", "\n").strip()
        if text and not text.startswith("## "):
            raise ValidationError(_("Begin with a question: a line that starts with ##."), code="questions")
        return text

    def clean_new_logo(self) -> bytes | None:
        upload = self.cleaned_data["new_logo"]
        return images.reencode(upload) if upload else None

    def save(self, commit: bool = True) -> Organisation:
        if self.cleaned_data["no_logo"]:
            self.instance.set_logo(b"")
        elif png := self.cleaned_data["new_logo"]:
            self.instance.set_logo(png)
        saved: Organisation = super().save(commit)
        return saved
