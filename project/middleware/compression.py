"""Pages leave the server compressed, safely.

Compression tells by a page's length whether a guess of an attacker, reflected in the page, matches a secret in it
(BREACH, https://www.breachattack.com/). Three things stand against it here: Django masks the CSRF token anew in every
page; its GZipMiddleware adds up to a hundred random bytes to each answer; and pages of a visitor who has signed in,
the only ones that hold another secret for longer than one answer, are not compressed at all.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressionMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            return response
        return super().process_response(request, response)
