"""Stripe's page in the donor's language. Stripe rejects a locale that it does not know, so we send none then."""

from __future__ import annotations

# https://docs.stripe.com/api/checkout/sessions/create (locale), release 2026-10-28
STRIPE = (
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru "
    "sk sl sv th tr vi zh zh-HK zh-TW"
).split()
_BY_LOWER = {locale.lower(): locale for locale in STRIPE}
# Django's name for a language where Stripe has another.
_OTHER_NAMES = {
    "hi": "hi-IN",
    "no": "nb",
    "nn": "nb",
    "tl": "fil",
    "zh-hans": "zh",
    "zh-hant": "zh-TW",
    **dict.fromkeys(["es-mx", "es-ar", "es-co", "es-ve", "es-ni"], "es-419"),
}


def for_checkout(language: str) -> str:
    """Stripe's name for a language ("pt-br"); empty if it has none: Stripe then asks the donor's browser."""
    code = language.lower().replace("_", "-")
    general = code.partition("-")[0]
    for name in (code, general):
        if found := _BY_LOWER.get(name) or _OTHER_NAMES.get(name):
            return found
    return ""
