"""What search engines ask for first: what they may read, and the list of pages that are worth it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages import documentation

# One person's own pages, and addresses that do something; the sandbox plays somebody else's part.
PRIVATE = ("/account", "/admin/", "/api/", "/cancel", "/donate/", "/sandbox/", "/success")

for_an_hour = cache_control(public=True, max_age=3600)


@for_an_hour
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), "", f"Sitemap: {_full(reverse('sitemap'))}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@for_an_hour
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    pages = [reverse(name) for name in ("home", "donate", "sponsors", "docs")]
    pages += [reverse("doc", args=[slug]) for slug in documentation.PUBLIC]
    addresses = [_full(path) for path in pages]
    return render(request, "pages/sitemap.xml", {"addresses": addresses}, content_type="application/xml")


def _full(path: str) -> str:
    return settings.SITE_URL + path
