"""Currencies as Stripe counts them: which it takes, their minor units, the smallest payment in each."""

from __future__ import annotations

import re

SUPPORTED = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils
    inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk
    mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp
    sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw
    """.split()
)

_ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
# No coins below the unit, yet counted times one hundred.
WHOLE_UNITS_ONLY = frozenset("isk ugx".split())

# In minor units. Stripe applies them after conversion to the settlement currency; here the two are the same.
MINIMUM = {
    **dict.fromkeys("usd eur aud brl cad chf ars cop idr ils inr nzd php rub sgd zar jpy krw".split(), 50),
    "gbp": 30,
    **dict.fromkeys("aed myr pln ron".split(), 200),
    "dkk": 250,
    **dict.fromkeys("nok sek".split(), 300),
    "hkd": 400,
    "czk": 1500,
    "huf": 17500,
    **dict.fromkeys("mxn thb".split(), 1000),
}
MAXIMUM = 99_999_999

_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def _exponent(currency: str) -> int:
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def format_amount(amount: int, currency: str) -> str:
    """An amount in major units for human eyes, like "$20.00 USD"."""
    exponent = _exponent(currency)
    major, minor = divmod(abs(amount), 10**exponent)
    number = f"{major:,}" + (f".{minor:0{exponent}}" if exponent else "")
    return f"{'−' if amount < 0 else ''}{_SYMBOLS.get(currency, '')}{number} {currency.upper()}"


def payable(amount: int, currency: str) -> bool:
    """Whether Stripe takes these minor units: whole units of some currencies, and of three decimals the last a 0."""
    step = 100 if currency in WHOLE_UNITS_ONLY else 10 if currency in THREE_DECIMAL else 1
    return amount % step == 0


def parse_amount(text: str, currency: str) -> int | None:
    """What a human typed in major units, in minor ones; None if that is no amount."""
    match = re.fullmatch(r"([0-9]{1,8})(?:[.]([0-9]{1,3}))?", text)
    exponent = _exponent(currency)
    if match is None or len(match[2] or "") > exponent:
        return None
    return int(match[1] + (match[2] or "").ljust(exponent, "0"))
