"""The console's forms: how the stand-in delivers and settles, what its API lets see, how it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from sandbox.core import permissions
from sandbox.core.currencies import SUPPORTED
from sandbox.models import Behaviour

if TYPE_CHECKING:
    BehaviourForm = forms.ModelForm[Behaviour]
else:
    BehaviourForm = forms.ModelForm


class DeliveryForm(BehaviourForm):
    """How events are delivered."""

    class Meta:
        model = Behaviour
        fields = ("delivery", "delay", "doubled", "shuffled", "two_ids", "release", "bank_delay", "after_retries")


class SettlementForm(BehaviourForm):
    """In which currency payments settle."""

    class Meta:
        model = Behaviour
        fields = ("settlement", "exchange_rate")

    def clean_settlement(self) -> str:
        """A currency of Stripe's, or nothing."""
        return _currency(self.cleaned_data["settlement"])


class PricingForm(BehaviourForm):
    """In which currency people pay."""

    class Meta:
        model = Behaviour
        fields = ("payer_currency", "payer_rate")

    def clean_payer_currency(self) -> str:
        """A currency of Stripe's, or nothing."""
        return _currency(self.cleaned_data["payer_currency"])


def _currency(typed: str) -> str:
    currency = typed.lower()
    if currency and currency not in SUPPORTED:
        raise forms.ValidationError("Stripe does not know this currency.")
    return currency


class AccessForm(BehaviourForm):
    """What the API lets its callers see."""

    class Meta:
        model = Behaviour
        fields = ("missing_permissions", "list_lag")

    def clean_missing_permissions(self) -> str:
        """Permissions of Stripe's, or nothing."""
        text = str(self.cleaned_data["missing_permissions"])
        if unknown := permissions.unknown(text):
            raise forms.ValidationError(f"Stripe has no permission {unknown[0]}: write like charge_read dispute_read.")
        return text


class FaultForm(BehaviourForm):
    """How the API fails."""

    class Meta:
        model = Behaviour
        fields = ("fault", "fault_calls", "fault_rate", "fault_seed", "fault_seconds")


# The value of the button that sends it -> the form, its heading, and what is said when it is saved.
FORMS: dict[str, tuple[type[BehaviourForm], str, str]] = {
    "mood": (DeliveryForm, "How events are delivered", "The delivery settings are saved."),
    "money": (SettlementForm, "How payments settle", "The settlement is saved."),
    "pricing": (PricingForm, "In which currency people pay", "The currency of payers is saved."),
    "access": (AccessForm, "What the API lets see", "What the API lets see is saved."),
    "faults": (FaultForm, "How the API fails", "The faults are saved."),
}
