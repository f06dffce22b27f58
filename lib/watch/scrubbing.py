"""Takes out of a text what must not stand in a log or leave the machine: addresses, keys, links that open something.

The second net: whoever writes a log line leaves them out already, but an error's text may repeat anything.
"""

from __future__ import annotations

import re

GONE = "…"

# What a text must hold, in small letters, for a rule to be worth trying: most lines of the log hold nothing of it.
_RULES = (
    # What PostgreSQL adds to an error: a whole row, a value that is there already, a piece of the query.
    (
        ("failing row contains (",),
        re.compile(r"\b(Failing row contains \().*?\)\.?$", re.DOTALL | re.MULTILINE),
        rf"\g<1>{GONE}).",
    ),
    (
        ("key (",),
        re.compile(r"\b(Key \([^)\n]*\)=\().*?(?=\) (?:already exists|is |conflicts))", re.DOTALL),
        rf"\g<1>{GONE}",
    ),
    (("line ",), re.compile(r"^(LINE \d+: ).*", re.MULTILINE), rf"\g<1>{GONE}"),
    # Keys and secrets of Stripe's, and a checkout session's id, with which a gift can be looked at.
    (("_test_", "_live_", "whsec_"), re.compile(r"\b((?:sk|rk|pk|cs)_(?:test|live)_|whsec_)\w+"), rf"\g<1>{GONE}"),
    (
        ("bearer", "basic", "token"),
        re.compile(r"\b(Bearer|Basic|Token) +[\w.~+/=-]{6,}", re.IGNORECASE),
        rf"\g<1> {GONE}",
    ),
    # The password of a database, a mail server, or an error collector.
    (("://",), re.compile(r"(\w://)[^\s/@]+@"), rf"\g<1>{GONE}@"),
    # Also as it stands in an address of the web.
    (("@", "%40"), re.compile(r"[^\s@<>\"'=(,;:/?&…]+(?:@|%40)[^\s@<>\"')(,;:/?&]+\.[^\s@<>\"')(,;:/?&.]+"), GONE),
    # Whatever a form or a link may call a secret.
    (
        ("=",),
        re.compile(
            r"\b(token|key|password|secret|csrfmiddlewaretoken|sessionid|session|csrf)=[^\s&;'\"]+", re.IGNORECASE
        ),
        rf"\g<1>={GONE}",
    ),
    # A segment of a path that nobody could guess is a link that opens something.
    (("/",), re.compile(r"(?<=/)[\w:=-]{40,}"), GONE),
)


def scrub(text: str) -> str:
    small = text.casefold()
    for signs, pattern, instead in _RULES:
        if any(sign in small for sign in signs):
            text = pattern.sub(instead, text)
    return text
