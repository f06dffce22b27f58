"""Amounts as people type them: "$20", "1,000", "12,50 €", "20.-", "Rs.500/-". Read as they are meant, or not at all.

A comma or a point with one or two digits behind it is a decimal mark, in every language; with a thousand's groups
beside it, too. What is left, one mark before three digits ("1,000" and "1.000"), is read by the visitor's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol, get_decimal_symbol, get_group_symbol

from lib import currencies, money
from lib.money import Malformed

LONGEST = 40  # characters
_MARKS = {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "＇": "'", "٬": "'", "，": ",", "،": ",", "．": "."}
_TYPED = re.compile(
    r"(?P<before>[^0-9]*?)"
    r"(?P<number>[.,٫]?[0-9](?:[0-9.,٫' ]*[0-9])?[.,٫]?)"
    # "20,-", "20.–", "20:-", in India "20/-", in Kenya "20/=": no coins.
    r"(?:(?:(?<=[.,]) ?|:)[-–—−]{1,2}| ?/[-–—=])?"
    r"(?P<after>[^0-9]*)"
)
# One kind of mark throughout; also in pairs, as in India: "1,00,000".
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*|[1-9][0-9]?(?:([.,])[0-9]{2})+\2[0-9]{3}")


class OtherCurrency(Malformed):
    """The amount is of another currency."""


class TooManyDecimals(Malformed):
    """The currency has no coins as small as that."""


class TooLong(Malformed):
    """More digits before the decimal mark than any amount here has."""


class Ambiguous(Malformed):
    """It can mean the amounts in `readings` (minor units, the larger first), and nothing tells which."""

    def __init__(self, text: str, readings: list[int]) -> None:
        super().__init__(text)
        self.readings = readings


def read(text: str, currency: str, language: str = "") -> int:
    """Minor units of what a person typed in major units; by the active language, unless another is given.

    Raises Malformed, or one of the kinds of it above.
    """
    if len(text) > LONGEST:
        raise Malformed(text[:LONGEST])
    locale = money.locale(language)
    tidied = "".join(_tidied(text)).strip()
    found = _TYPED.fullmatch(tidied)
    if not found:
        raise Malformed(text)
    before, number, after = found["before"], found["number"], found["after"]
    if before[-1:].isalpha() and not number[0].isdigit():
        # "Rs.500": the point ends an abbreviation. After a whole code it could be either.
        if number[0] != "." or _word(before) == currency:
            raise Malformed(text)
        number = number[1:]
    for beside in (before, after):
        _check_currency(beside, currency, locale)
    return _number(number, currency, locale)


def _tidied(text: str) -> Iterator[str]:
    """Plain spaces, digits and marks; without the invisible signs that come along when text is copied."""
    for character in text:
        match unicodedata.category(character):
            case "Cf":
                continue
            case "Zs":
                yield " "
            case "Sc":
                yield unicodedata.normalize("NFKC", character)
            case "Nd":
                yield money.ascii_digit(character)
            case _:
                yield _MARKS.get(character, character)


def _word(text: str) -> str:
    """What stands beside a number, as in the table of signs: without case, dots and spaces."""
    return re.sub(r"[. ]", "", text).casefold()


def _check_currency(beside: str, currency: str, locale: Locale) -> None:
    word = _word(beside)
    known = _words(currency, locale)
    if not word:
        if "." in beside:
            raise Malformed(beside)
    elif word not in known and not (word.startswith(currency) and word.removeprefix(currency) in known):
        sign = any(unicodedata.category(character) == "Sc" for character in word) and not re.search(r"[-–—−+]", word)
        if sign or word in currencies.SIGNS or word in currencies.SUPPORTED:
            raise OtherCurrency(beside)
        raise Malformed(beside)


@lru_cache(maxsize=64)
def _words(currency: str, locale: Locale) -> frozenset[str]:
    """All that may stand beside an amount of this currency: its code, its signs, its name in two languages."""
    code = currency.upper()
    words = {currency} | {sign for sign, meant in currencies.SIGNS.items() if currency in meant}
    for language in (locale, Locale("en"), Locale("ar")):
        words.add(get_currency_symbol(code, locale=language))
        for count in (1, 2):
            name = get_currency_name(code, count=count, locale=language)
            # "20 dollars" as well as "20 US dollars", "20 francs" and "20 Franken".
            words |= {name, name.split()[0], name.split()[-1]}
    return frozenset(_word("".join(_tidied(word))) for word in words)


def _number(number: str, currency: str, locale: Locale) -> int:
    decimal, group = _as_decimal(number), _as_group(number)
    if decimal and group:
        mark = re.sub(r"[0-9]", "", number)
        if mark == get_group_symbol(locale):
            return _minor(*group, currency)
        if mark != get_decimal_symbol(locale) or len(decimal[1]) > money.exponent(currency):
            raise Ambiguous(number, list(_possible([group, decimal], currency)))
        return _minor(*decimal, currency)
    if reading := decimal or group:
        return _minor(*reading, currency)
    raise Malformed(number)


def _as_decimal(number: str) -> tuple[str, str] | None:
    """The digits before and behind the number's last mark, if that can be its decimal mark; or of a plain number."""
    found = re.fullmatch(r"(?P<whole>[0-9.,' ]*?)(?:(?P<mark>[.,٫])(?P<fraction>[0-9]*))?", number)
    if not found:
        return None
    whole, mark, fraction = found["whole"], found["mark"], found["fraction"] or ""
    if whole.isdigit() or (not whole and fraction):
        return whole, fraction
    grouped = _as_group(whole)
    # "1.000." is no number: one mark is not two things.
    return (grouped[0], fraction) if grouped and mark and mark not in whole else None


def _as_group(number: str) -> tuple[str, str] | None:
    """The digits of a number that is written in groups of thousands."""
    return (re.sub(r"[^0-9]", "", number), "") if _GROUPED.fullmatch(number) else None


def _minor(whole: str, fraction: str, currency: str) -> int:
    whole = whole.lstrip("0") or "0"
    if len(whole) > 8:
        raise TooLong(whole)
    places = money.exponent(currency)
    # "500.00" yen is 500 yen; "500.000" is left to be asked about.
    if len(fraction) == 2 and not int(fraction):
        fraction = ""
    if len(fraction) > places:
        raise TooManyDecimals(f"{whole}.{fraction}")
    try:
        return money.minor(f"{whole}.{fraction}" if fraction else whole, currency)
    except Malformed:
        raise TooManyDecimals(f"{whole}.{fraction}") from None


def _possible(readings: list[tuple[str, str]], currency: str) -> Iterator[int]:
    for whole, fraction in readings:
        try:
            yield _minor(whole, fraction.rstrip("0"), currency)
        except Malformed:
            continue
