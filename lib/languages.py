"""The languages that the site speaks, and the one that a visitor asked for."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest
from django.utils.translation import get_language, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def active() -> str:
    """The language in which is written just now: the visitor's, a letter's own, or English where none is active."""
    return get_language() or "en"


def spoken(folder: Path, own: str) -> list[tuple[str, str]]:
    """Django's `LANGUAGES`: the site's own, English, and what has been translated in `folder`.

    A language that only Django itself speaks would give pages in two languages at once.
    """
    from django.conf.locale import LANG_INFO

    translated = [path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/django.mo")]
    codes = sorted({own, "en", *(code.replace("_", "-").lower() for code in translated)})
    return [(code, LANG_INFO.get(code, {}).get("name_local", code)) for code in codes]


def wished(request: HttpRequest) -> str:
    """The page's language if the visitor's browser asked for it; empty if it is only what the site fell back on."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        try:
            if get_supported_language_variant(code) == active():
                return code[:10]
        except LookupError:
            continue
    return ""
