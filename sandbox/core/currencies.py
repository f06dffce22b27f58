"""Currencies as Stripe counts them: which it takes, their minor units, the smallest payment in each."""

from __future__ import annotations

import re

SUPPORTED = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils
    inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk
    mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp
    sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
    """.split()
)

_ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())

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

_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def _digits(currency: str) -> int:
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def shown(amount: int, currency: str) -> str:
    """An amount in major units for human eyes, like "$20.00 USD"."""
    digits = _digits(currency)
    whole, part = divmod(abs(amount), 10**digits)
    figures = f"{whole:,}" + (f".{part:0{digits}}" if digits else "")
    return f"{'−' if amount < 0 else ''}{_SIGNS.get(currency, '')}{figures} {currency.upper()}"


def parse(typed: str, currency: str) -> int | None:
    """What a human typed in major units, in minor ones; None if that is no amount."""
    match = re.fullmatch(r"([0-9]{1,8})(?:[.]([0-9]{1,3}))?", typed)
    digits = _digits(currency)
    if match is None or len(match[2] or "") > digits:
        return None
    return int(match[1] + (match[2] or "").ljust(digits, "0"))
