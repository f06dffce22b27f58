"""What Stripe's documentation says of each currency, and how people write it. No function here knows a setting.

Stripe's tables rule, not ISO 4217's: https://docs.stripe.com/currencies
"""

from __future__ import annotations

# https://docs.stripe.com/currencies#presentment-currencies
SUPPORTED = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils
    inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk
    mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp
    sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar
    zmw
    """.split()
)

# https://docs.stripe.com/currencies#zero-decimal (and #three-decimal, #special-cases)
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
# No coins below the unit, yet Stripe takes them times one hundred, the last two digits 00.
WHOLE_UNITS_ONLY = frozenset("isk ugx".split())

# About how many units buy what one dollar buys, as a power of ten: by it all that is proposed is scaled.
_SCALES = {
    10: "bob bwp cny czk dkk egp gtq hkd hnl lsl mad mdl mop mur mvr mxn nad nio nok php scr sek sle srd szl thb tjs"
    " try ttd twd uah uyu zar zmw",
    100: "afn all amd bdt cve djf dop dzd etb gmd gyd htg huf inr isk jmd jpy kes kgs kmf lkr lrd mkd mzn npr pkr rsd"
    " rub vuv xpf yer",
    1000: "aoa ars bif cdf clp cop crc idr khr krw kzt lak lbp mga mmk mnt mwk ngn pyg rwf sos std tzs ugx uzs xaf xof",
    10000: "gnf vnd",
}
SCALE = {currency: scale for scale, currencies in _SCALES.items() for currency in currencies.split()}

# In minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
# Stripe applies them in the currency that it settles in; a currency without one of its own can be refused there.
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
MAXIMUM = 99_999_999  # the eight digits that every payment method takes


def _table(rows: str) -> dict[str, frozenset[str]]:
    """`word: code code`, a row each."""
    return {
        word.strip(): frozenset(codes.split())
        for word, codes in (row.rsplit(":", 1) for row in rows.strip().splitlines())
    }


# What people put beside a number, in lower case and without dots and spaces. One sign may stand for many currencies:
# on a site it means that site's own.
SIGNS = _table("""
$: usd aud bbd bmd bnd bsd bzd cad clp cop dop fjd gyd hkd jmd kyd lrd mxn nad nio nzd sbd sgd srd top ttd twd uyu xcd ars cve
us$: usd
a$: aud
au$: aud
c$: cad nio
ca$: cad
can$: cad
nz$: nzd
s$: sgd
hk$: hkd
nt$: twd
mx$: mxn
r$: brl
€: eur
£: gbp egp fkp gip lbp shp
¥: jpy cny
円: jpy
圓: jpy twd hkd
圆: cny
元: cny twd hkd
块: cny
원: krw
₩: krw
₹: inr
rs: inr lkr mur npr pkr scr
₪: ils
₫: vnd
đ: vnd
₺: try
tl: try
₴: uah
грн: uah
₽: rub
руб: rub
р: rub
₦: ngn
₱: php
฿: thb
₡: crc
₲: pyg
₸: kzt
₮: mnt
₭: lak
₼: azn
₾: gel
₵: ghs
৳: bdt
៛: khr
֏: amd
؋: afn
kr: dkk isk nok sek
zł: pln
zl: pln
kč: czk
kc: czk
ft: huf
fr: chf xaf xof xpf kmf djf gnf rwf bif cdf
sfr: chf
f: xaf xof xpf kmf djf gnf rwf bif cdf
fcfa: xaf xof
cfa: xaf xof
lei: ron mdl
лв: bgn
дин: rsd
din: rsd
r: zar
rm: myr
rp: idr
s/: pen
q: gtq
l: hnl
b/: pab
bs: bob
ksh: kes
tsh: tzs
ush: ugx
dh: mad aed
dhs: mad aed
kd: kwd
bd: bhd
jd: jod
dt: tnd
""")  # noqa: E501  (a row is read as a row)
