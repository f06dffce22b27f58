"""What the server says by itself: in the site's clothes and with its headers, as every other answer."""

from __future__ import annotations

import logging
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from project.middleware.security_headers import security_headers

log = logging.getLogger("tincup.access")


def refusal(code: int) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of an answer to a request that the application never meets, or that broke it."""
    log.info("refused by the server: %d", code)
    return _dressed(code)


@cache
def _dressed(code: int) -> tuple[list[tuple[str, str]], bytes]:
    with translation.override(settings.LANGUAGE_CODE):
        body = render_to_string(f"{code}.html").encode()
    headers = security_headers() | {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return list(headers.items()), body
