"""The language of a page: `?lang=` in its address, the visitor's earlier choice, the browser's wish, LANGUAGE_CODE.

The switch in the footer is a link to the same page with `?lang=`; where the visitor came by one, a cookie keeps the
choice. Search engines, which keep no cookies, find each language at such an address (`hreflang`).
"""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from lib import languages

# For the staff and for developers, whose pages are written in English alone.
IN_ENGLISH = re.compile(r"/(admin|sandbox)(/|$)")


class LanguageMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if IN_ENGLISH.match(request.path_info):
            translation.activate(languages.english())
        elif asked := languages.in_address(request):
            translation.activate(asked)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Pictures and stylesheets are the same in every language, and may be kept by caches for all.
        if not response.headers.get("Content-Type", "").startswith(("text/html", "application/json")):
            return response
        if asked := languages.in_address(request):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",  # as the others: whoever comes back from Stripe keeps the language
            )
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        response.headers.setdefault("Content-Language", languages.active())
        return response
