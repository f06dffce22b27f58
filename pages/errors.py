"""Error pages that Django does not find by itself (404, 403, 400 and 500 are templates of that name)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a fresh token: most often a page left open too long, or a browser without cookies."""
    return render(request, "403_csrf.html", status=403)
