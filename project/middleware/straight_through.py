"""Stripe's events go straight to their view: nothing below is for a machine that proves itself by a signature.

No session, no language, no form, no redirect; what is sent is read by nobody before its signature was checked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

PATHS = frozenset({"/stripe-webhook/", "/stripe-webhook"})


class StraightMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in PATHS:
            return self.get_response(request)
        request.get_host()  # refuses a strange one
        request.resolver_match = match = _match(request.path_info)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer


@cache
def _match(path: str) -> ResolverMatch:
    return resolve(path)
