"""The small JSON API for other front ends. Server to server: no session, no cookie, no CSRF token."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from donations.domain import status
from donations.giving import checkout
from donations.giving.forms import GiftForm, ProgramGiftForm, closed, declined
from donations.models import Donation
from donations.reporting import public_totals
from donations.shield import gate, visitors
from lib import amount_field, money
from lib.people.typed_text import storable

Answer = Callable[[HttpRequest], dict[str, Any]]
View = Callable[[HttpRequest], HttpResponse]

log = logging.getLogger(__name__)

FIELDS = ("amount", "name", "email", "message", "public", "frequency")


class Number(str):
    """A JSON number, kept as its text."""

    __slots__ = ()


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str, field: str = "", wait: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.wait = wait or (30 if status == 503 else 0)  # seconds


def endpoint(method: str) -> Callable[[Answer], View]:
    """A JSON view of one method: what it returns becomes the body, an ApiError becomes `{"error": …}`."""

    def decorate(view: Answer) -> View:
        @csrf_exempt
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            try:
                _refuse_other_sites(request)
                if request.method == "OPTIONS" and "Origin" in request.headers:
                    response: HttpResponse = _preflight(method)
                elif request.method != method and not (method == "GET" and request.method == "HEAD"):
                    raise ApiError(405, "method_not_allowed", f"Use {method}.")
                else:
                    response = JsonResponse(view(request))
            except Exception as problem:
                error = _told(problem)
                response = _error(error)
                if error.status == 405:
                    response["Allow"] = method
                if error.wait:
                    response["Retry-After"] = str(error.wait)
            response["Cache-Control"] = "no-store"
            if origin := request.headers.get("Origin"):
                _let_read(response, request, origin)
            if request.method == "POST":
                for name, value in gate.headers(visitors.program(request)).items():
                    response[name] = value
            return response

        return wrapped

    return decorate


@endpoint("POST")
def create_checkout_session(request: HttpRequest) -> dict[str, Any]:
    """`{"amount": 50}` in major units; optional name, email, message, public, frequency.

    Gives `{"url": …}` to send a donor to.
    """
    return {"url": _begin(request, _body(request))}


@endpoint("POST")
def quick_checkout(request: HttpRequest) -> dict[str, Any]:
    """No body: a page to pay the default amount on, as `{"checkout_url": …}`."""
    amount = money.plain(settings.DONATION_DEFAULT_AMOUNT, settings.DONATION_CURRENCY)
    return {"checkout_url": _begin(request, {"amount": amount})}


@endpoint("GET")
def stats(request: HttpRequest) -> dict[str, Any]:
    """What has come in, at most five seconds old: payments less what was returned; no card fee is subtracted."""
    total = public_totals.stats()
    return {
        "currency": total.currency,
        "raised": money.plain(total.raised, total.currency),
        "raised_minor": total.raised,
        "donations": total.donations,
    }


def _begin(request: HttpRequest, data: dict[str, Any]) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 255:
        raise ApiError(400, "idempotency_key_too_long", _("An Idempotency-Key has at most 255 characters."))
    form = ProgramGiftForm(data)
    if not form.is_valid():
        raise _first_error(form)
    try:
        # The prefix keeps a caller's keys apart from the tokens of our own pages, and the person is part of it: a key
        # that two callers happen to share must not hand one donor's page to another.
        order = form.order()
        donation = checkout.begin(
            order,
            f"api:{key}:{order.name}:{order.email}:{order.message}" if key else "",
            visitors.program(request),
        )
    except gate.Shut as shut:
        raise ApiError(
            429, "too_many_requests", _("Too many payment pages were opened. Nothing was taken. Try again later."),
            wait=shut.wait,
        ) from shut  # fmt: skip
    except gate.AmountClosed as error:
        raise ApiError(422, "amount_too_small", closed(error.least).messages[0], "amount") from error
    except checkout.AmountDeclined as error:
        raise ApiError(422, error.code, declined(error.code).messages[0], "amount") from error
    except checkout.TryAgain as error:
        raise ApiError(
            503, "stripe_unavailable", _("Stripe did not open a payment page. Nothing was taken. Try again later.")
        ) from error
    return _page(donation)


def _page(donation: Donation) -> str:
    """Where to send the donor: Stripe's page, or for a gift that is given already the page that says so."""
    if donation.status in status.GIVEN:
        return f"{settings.SITE_URL}{reverse('success')}?{urlencode({'session_id': donation.session_id})}"
    return donation.session_url


def _body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of the request. Numbers stay text: 1e3000000 would cost minutes as a number."""
    try:
        data = json.loads(request.body.decode("utf-8"), parse_float=Number, parse_int=Number, parse_constant=Number)
    except RequestDataTooBig:
        raise ApiError(413, "too_large", _("The request is too large.")) from None
    except (ValueError, RecursionError):
        raise ApiError(400, "malformed_json", _("The body is not JSON.")) from None
    if not isinstance(data, dict):
        raise ApiError(400, "malformed_json", _("The body is not a JSON object."))
    for field in FIELDS:
        if data.get(field) is not None and not _fits(field, data[field]):
            raise ApiError(400, f"{field}_malformed", _("This field has a value of the wrong kind."), field)
    # "other" and an empty amount have a meaning on the page's form only.
    amount = data.get("amount")
    if amount is None or not amount.strip():
        raise ApiError(400, "amount_missing", amount_field.malformed(settings.DONATION_CURRENCY), "amount")
    return {field: data[field] for field in FIELDS if data.get(field) is not None} | {
        "amount": "", "other_amount": amount,
    }  # fmt: skip


def _fits(field: str, value: Any) -> bool:
    # JSON can spell what no database keeps.
    if isinstance(value, str) and not storable(value):
        return False
    if field == "public":
        return isinstance(value, bool)
    return isinstance(value, str) and (field == "amount" or not isinstance(value, Number))


def _first_error(form: GiftForm) -> ApiError:
    field, errors = next(iter(form.errors.get_json_data().items()))
    code, message = str(errors[0]["code"]), str(errors[0]["message"])
    if field == "other_amount":
        field = "amount"
    if not code.startswith("amount_"):
        code = f"{field}_{code}"
    return ApiError(400 if code == "amount_malformed" else 422, code, message, field)


def _refuse_other_sites(request: HttpRequest) -> None:
    """A page of another site must not send its visitors' browsers here, each from an address of its own."""
    origin = request.headers.get("Origin")
    if origin and not _is_allowed(request, origin):
        raise ApiError(
            403, "origin_not_allowed", _("Browsers may call this from pages of this site, and of those in API_ORIGINS.")
        )


def _is_allowed(request: HttpRequest, origin: str) -> bool:
    ours = (settings.SITE_URL, f"{request.scheme}://{request.get_host()}")
    return origin in ours or origin in settings.API_ORIGINS


def _preflight(method: str) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = method
    response["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
    response["Access-Control-Max-Age"] = "600"
    return response


def _let_read(response: HttpResponse, request: HttpRequest, origin: str) -> None:
    patch_vary_headers(response, ["Origin"])
    if _is_allowed(request, origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Expose-Headers"] = "Retry-After, RateLimit, RateLimit-Policy"


def _told(problem: Exception) -> ApiError:
    """A caller reads JSON also when the fault is ours; the log has the exception, the answer never."""
    if isinstance(problem, ApiError):
        return problem
    log.error("the API failed", exc_info=problem)
    return ApiError(500, "internal_error", _("Something went wrong here. Nothing was taken."))


def _error(error: ApiError) -> JsonResponse:
    body = {"code": error.code, "message": error.message} | ({"field": error.field} if error.field else {})
    return JsonResponse({"error": body}, status=error.status)
