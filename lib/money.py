"""Amounts as integers in the currency's minor unit (cents), and the way to and from what people type and read.

No float touches an amount. What people read is in the active language, unless another is given. What people type is
read by lib.typed_amount; `minor` takes only what programs write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    format_decimal,
    get_currency_name,
    get_currency_symbol,
    get_decimal_symbol,
    list_currencies,
    parse_pattern,
)
from django.conf import settings

from lib import currencies, languages

RTL_MARK = "\u200f"
AMOUNT_TEXT = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,3}))?")


class Malformed(ValueError):
    """The text is not an amount of this currency."""


def of_site() -> str:
    """The currency in which gifts are asked for now: what an amount is in that is set from now on."""
    return str(settings.DONATION_CURRENCY)


def known(currency: str) -> bool:
    """Whether `currency` is a three-letter code, lower case as Stripe writes it."""
    if not re.fullmatch(r"[a-z]{3}", currency) or currency.upper() not in list_currencies():
        return False
    # Codes that begin with X are metals, funds and "no currency", but for these.
    return not currency.startswith("x") or currency in {"xaf", "xcd", "xcg", "xof", "xpf"}


def exponent(currency: str) -> int:
    """How many decimal places Stripe's minor unit has in this currency."""
    if currency in currencies.ZERO_DECIMAL:
        return 0
    return 3 if currency in currencies.THREE_DECIMAL else 2


def minor(text: str, currency: str) -> int:
    """Minor units for an amount in major units as a program writes it ("20", "12.50").

    Raises Malformed for anything else: a sign, an exponent, a thousands separator, more decimals than the
    currency has. Digits of any alphabet count.
    """
    plain = "".join(ascii_digit(character) for character in text[:40].strip())
    found = AMOUNT_TEXT.fullmatch(plain)
    if len(text) > 40 or not found or len(found[2] or "") > exponent(currency):
        raise Malformed(text[:40])
    scaled = int(Decimal(plain).scaleb(exponent(currency)))
    if currency in currencies.WHOLE_UNITS_ONLY and scaled % 100:
        raise Malformed(text)
    return scaled


def ascii_digit(character: str) -> str:
    """The digit that a digit of any alphabet stands for; any other character as it is."""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def dollars(amount: int, currency: str) -> int:
    """Minor units of the round sum that stands for so many whole dollars: 5 is $5, ¥500 or 5,000 won."""
    return amount * currencies.SCALE.get(currency, 1) * int(10 ** exponent(currency))


def examples(currency: str) -> tuple[int, int]:
    """Two amounts in minor units by which people see how one is typed: 20 and 12.50, 2000 and 500 for yen."""
    small = currencies.SCALE.get(currency, 1) > 1
    return dollars(20, currency), dollars(5, currency) if small else dollars(25, currency) // 2


def least_payable(currency: str) -> int:
    """The smallest payment that Stripe takes, in minor units."""
    return currencies.MINIMUM.get(currency, 1)


def round_down(amount: int, currency: str) -> int:
    """The largest amount up to this one that Stripe moves: whole units of some currencies, no third decimal."""
    step = 100 if currency in currencies.WHOLE_UNITS_ONLY else 10 if currency in currencies.THREE_DECIMAL else 1
    return amount // step * step


def payable(amount: int, currency: str) -> bool:
    """Whether Stripe moves so many minor units."""
    return amount == round_down(amount, currency)


def major(amount: int, currency: str) -> Decimal:
    """The amount in major units, with the currency's own number of decimals."""
    return Decimal(amount).scaleb(-exponent(currency))


def plain(amount: int, currency: str) -> str:
    """Machine-readable major units: "1234.50", "500" for yen. What a form's value and the API carry."""
    return f"{major(amount, currency):f}"


def coded(amount: int, currency: str) -> str:
    """`plain` with the currency's code, "18.45 EUR", for a cell that has no column of currencies beside it."""
    return f"{plain(amount, currency)} {currency.upper()}" if currency else ""


def short(amount: int, currency: str) -> str:
    """`plain` without an empty fraction: "20", "12.50". For a coin's value and an address."""
    text = plain(amount, currency)
    return text.rstrip("0").rstrip(".") if "." in text and not int(text.split(".")[1]) else text


def typed(amount: int, currency: str, language: str = "") -> str:
    """`short` with the language's decimal mark: what stands in a field, and is read there as it was written."""
    return short(amount, currency).replace(".", get_decimal_symbol(locale(language)))


def display(amount: int, currency: str, language: str = "") -> str:
    """For reading: "$20.00"; of a currency without coins "ISK 300", though Stripe counts its hundredths."""
    decimals = 0 if currency in currencies.WHOLE_UNITS_ONLY and amount % 100 == 0 else exponent(currency)
    return _written(major(amount, currency), currency, decimals, language)


def display_short(amount: int, currency: str, language: str = "") -> str:
    """For headlines and coins: "$20", but "$12.50"."""
    value = major(amount, currency)
    if value != value.to_integral_value():
        return display(amount, currency, language)
    return _written(value, currency, 0, language)


def echo(amount: int, currency: str, language: str = "") -> str:
    """How an amount that was typed has been understood: `display_short`, but "KWD 1,500.000" beside "KWD 1.500"."""
    short_form = display if exponent(currency) == 3 else display_short
    return short_form(amount, currency, language)


def _written(value: Decimal, currency: str, decimals: int, language: str) -> str:
    return _written_in(language or languages.active(), value, currency, decimals)


# A page repeats its amounts, and pages each other's.
@lru_cache(maxsize=512)
def _written_in(language: str, value: Decimal, currency: str, decimals: int) -> str:
    """With as many decimals as Stripe counts: CLDR writes dinars of Serbia and others without the coins that moved."""
    where = locale(language)
    pattern = parse_pattern(where.currency_formats["standard"].pattern)
    pattern.frac_prec = (decimals, decimals)
    if symbol(currency, language)[-1:].isalpha():
        # A word does not touch the number: "KWD 20.500".
        plus, minus = (re.sub("¤$", "¤\xa0", before) for before in pattern.prefix)
        pattern.prefix = (plus, minus)
    written = str(pattern.apply(value, where, currency=currency.upper(), currency_digits=False))
    # Among words that run from right to left a "US$" would fall apart: its letters stay, its sign does not. So the
    # amount runs by itself, as its currency is written; CLDR's own mark says less.
    return f"\u2068{written.strip(RTL_MARK)}\u2069" if where.text_direction == "rtl" else written


def figure(amount: int, currency: str, language: str = "") -> str:
    """For a column of a book: "1,284.00", and a minus in brackets: "(51.34)"."""
    digits = f"0.{'0' * exponent(currency)}" if exponent(currency) else "0"
    text = format_decimal(abs(major(amount, currency)), format=f"#,##{digits}", locale=locale(language))
    return f"({text})" if amount < 0 else text


def count(number: int, language: str = "") -> str:
    """How many there are, with the language's separators: "1,675"."""
    return str(format_decimal(number, locale=locale(language)))


def coins(amounts: Iterable[int], currency: str, language: str = "") -> list[dict[str, str]]:
    """Amounts to choose from: the value that a form sends, the label on it, and what a screen reader says."""
    return [
        {
            "value": short(amount, currency),
            "label": display_short(amount, currency, language),
            "spoken": spoken(amount, currency, language),
        }
        for amount in amounts
    ]


def spoken(amount: int, currency: str, language: str = "") -> str:
    """For a screen reader: "20 US dollars"."""
    name = get_currency_name(currency.upper(), count=major(amount, currency), locale=locale(language))
    return f"{typed(amount, currency, language)} {name}"


def name(currency: str, language: str = "") -> str:
    """The currency's name, in the plural: "US dollars"."""
    return get_currency_name(currency.upper(), count=2, locale=locale(language))


def symbol(currency: str, language: str = "") -> str:
    return get_currency_symbol(currency.upper(), locale=locale(language))


def locale(language: str = "") -> Locale:
    """Babel's locale of a language, or of the active one."""
    return _locale(language or languages.active())


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
