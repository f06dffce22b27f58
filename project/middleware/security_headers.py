"""The security headers, and a careful word on caching, on every answer: pages, files, errors, the admin."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Where a card is charged, where the card of a monthly gift is changed, where what it owes is paid.
STRIPE_PAGES = ("https://checkout.stripe.com", "https://billing.stripe.com", "https://invoice.stripe.com")


def content_security_policy() -> str:
    """A form that answers with a redirect to Stripe is blocked unless form-action names Stripe's origin."""
    targets = ["'self'", *STRIPE_PAGES]
    if settings.STRIPE_CHECKOUT_ORIGIN:
        targets.append(settings.STRIPE_CHECKOUT_ORIGIN)
    if settings.STRIPE_API_BASE != "https://api.stripe.com":
        targets.append(_origin(settings.STRIPE_API_BASE))
    if settings.SANDBOX:
        # The pay page stands under SITE_URL, also when this page was opened by another name of the machine.
        targets.append(settings.SITE_URL)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; "
        f"form-action {' '.join(dict.fromkeys(targets))}; frame-ancestors 'none'"
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def security_headers() -> dict[str, str]:
    """What every answer carries that says nothing of it itself."""
    headers = {
        "Content-Security-Policy": content_security_policy(),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # They may be kept for Back, and are asked for again.
        "Cache-Control": "private, no-cache",
    }
    if settings.HSTS:
        headers["Strict-Transport-Security"] = settings.HSTS
    return headers


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = security_headers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response
