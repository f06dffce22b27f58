"""The languages that the site speaks, and the one that a visitor asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import HttpRequest
from django.utils.translation import get_language, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

LANG = re.compile(r"(?:^|&)lang=([A-Za-z-]{2,12})(?:&|$)")


@dataclass(frozen=True, slots=True)
class Choice:
    """A language of the site, as the switch offers it: by its own name."""

    code: str
    name: str
    direction: str
    href: str
    chosen: bool


def active() -> str:
    """The language in which is written just now: the visitor's, a letter's own, or English where none is active."""
    return get_language() or "en"


def spoken(folder: Path, own: str = "en") -> list[tuple[str, str]]:
    """Django's `LANGUAGES`: English, and every language whose catalogue in `folder` has been compiled.

    A language that only Django itself speaks would give pages in two languages at once. The site's `own` stands in the
    place of the general one of which it is a variant: "en-gb" for "en".
    """
    translated = [path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/django.mo")]
    codes = {"en", *(code.replace("_", "-").lower() for code in translated)}
    if own not in codes and (general := own.partition("-")[0]) in codes:
        codes = codes - {general} | {own}
    return [(code, LANG_INFO.get(code, {}).get("name_local", code)) for code in sorted(codes)]


def offered(code: str) -> str:
    """The language in which the site answers to this code, "de" to "de-at"; empty if it speaks none like it."""
    try:
        return get_supported_language_variant(code.lower())
    except LookupError:
        return ""


def of(kept: str) -> str:
    """The language in which somebody is written to, by what was kept of them; LANGUAGE_CODE if that is nothing."""
    return offered(kept) or settings.LANGUAGE_CODE


def english() -> str:
    """English as this site writes it."""
    return settings.LANGUAGE_CODE if settings.LANGUAGE_CODE.startswith("en") else "en"


def in_address(request: HttpRequest) -> str:
    """The language that the page's address asks for (`?lang=de`); empty if it asks for none, or the site lacks it."""
    # Not by request.GET: it has not been looked yet whether that can be read.
    found = LANG.search(request.META.get("QUERY_STRING", ""))
    return offered(found[1]) if found else ""


def choices(request: HttpRequest) -> list[Choice]:
    """The languages to choose from, each with the address of this page in it; none where there is only one."""
    found = []
    for code, name in settings.LANGUAGES if len(settings.LANGUAGES) > 1 else []:
        query = request.GET.copy()
        query["lang"] = code
        direction = "rtl" if code.partition("-")[0] in settings.LANGUAGES_BIDI else "ltr"
        found.append(Choice(code, name, direction, f"?{query.urlencode()}", code == active()))
    return found


def wished(request: HttpRequest) -> str:
    """The page's language if the visitor chose it or the browser asked for it; empty if the site fell back on it."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if offered(code) == active():
            return code[:10]
    return active()[:10] if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) == active() else ""
