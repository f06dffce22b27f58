"""Whether a name is one, or an advertisement: a link, an address, a number to call, an offer.

It need not be clever: what it holds back is read by a person, and shown as "Someone" until then.
"""

from __future__ import annotations

import re
import unicodedata

_ADDRESS = re.compile(
    r"""
      \w\s*@\s*\w | (?:^|\s)@\w                     # an e-mail address, a handle
    | :\s*// | \b(?:https?|hxxps?|ftp|www|wa\.me|mailto|tel)\b\s*[:./]
    | \[\s*(?:dot|at|\.|@)\s*\] | \(\s*(?:dot|at|\.|@)\s*\) | \{\s*(?:dot|at|\.|@)\s*\}
    | \b\w+\s+(?:dot|punkt|punto)\s+(?:com|net|org|info|io|co|shop|online|de|fr|es)\b
    | \b\w[\w-]*\s*[.]\s*(?:com|net|org|info|biz|shop|online|store|site|xyz|club|top|live|io|app|me|ru|cn)\b
    | \#\w{2}
    """,
    re.VERBOSE,
)
# A host name without a space, of any ending; an abbreviation before a name is none.
_HOST = re.compile(r"\b([\w-]{2,})\.([^\W\d_]{2,})\b")
_ABBREVIATED = frozenset(
    "dr mr mrs ms mx st ste prof jr sr dipl ing mag rev hon fr br sra dra mme mlle capt col gen lt sgt hr fam phil med"
    " univ lic mlle dott sig adv pdt pr mgr msgr vdm von van bros co inc ltd no".split()
)
_OFFER = re.compile(
    r"""
      \d\s*% | [$€£¥₹]\s*\d | \d\s*(?:[$€£¥₹]|(?:usd|eur|gbp|chf|btc)\b)
    | \b(?:casinos?|viagra|cialis|crypto|bitcoins?|btc|forex|porno?|xxx|escorts?|seo|payday|jackpot|onlyfans|discounts?
        |coupons?|voucher|promo(?:tions?|code)?|backlinks?|whatsapp|telegram|telegramm|giveaway|airdrop|sponsored
        |rabatt|gutschein|gratis|descuentos?|ofertas?|réductions?|soldes|sconto|angebote?|скидк\w+|казино|优惠|加微信)\b
    | \b(?:buy|order|shop|get|visit|click|call|try|win|join|follow|download|subscribe|sign\ up|check\ out)
        \s+(?:now|here|online|cheap|us|our|my|me|today|free|your|the|to|at)\b
    | \b(?:best|lowest|cheap|cheapest|great|hot|special)\s+(?:\w+\s+)?
        (?:prices?|deals?|offers?|quality|rates?|loans?|sale)\b
    | \b(?:on|for|big|flash|summer|winter|clearance)\s+sale\b | \bsale\s*!
    | \bfree\s+(?:\w+\s+)?(?:shipping|trial|delivery|gift|money)\b
    | \b(?:jetzt|hier)\s+(?:kaufen|klicken|bestellen)\b | \bcliquez\b | \bhaga\s+clic\b
    """,
    re.VERBOSE,
)
_PHONE_DIGITS = 7
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


def suspicious(name: str) -> bool:
    """Whether a person should look at this name before it is shown; signs of any width and alphabet's digits count."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("。", ".").replace("｡", ".").replace("․", ".")
    if sum(character.isdecimal() for character in _YEAR.sub("", plain)) >= _PHONE_DIGITS:
        return True
    if _ADDRESS.search(plain) or _OFFER.search(plain):
        return True
    return any(found[1] not in _ABBREVIATED for found in _HOST.finditer(plain))
