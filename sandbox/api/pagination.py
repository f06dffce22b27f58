"""Stripe's cursor pagination: newest first, from the id of an object seen before."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet

from sandbox.core import clock, errors
from sandbox.models import Behaviour, Event, Record

Row = TypeVar("Row", Record, Event)

_COMPARISONS = {
    "gt": "created__gt",
    "gte": "created__gte",
    "lt": "created__lt",
    "lte": "created__lte",
    "exact": "created",
}


def page(rows: QuerySet[Row], params: dict[str, Any], *, kind: str, url: str) -> dict[str, Any]:
    """One page of the rows as Stripe's list object."""
    if lag := Behaviour.current().list_lag:
        # What is new can be retrieved by its id at once; a list shows it later.
        rows = rows.filter(created__lte=clock.now() - lag)
    for comparison, timestamp in params.get("created", {}).items():
        rows = rows.filter(**{_COMPARISONS[comparison]: timestamp})
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        message = "You cannot parameterize both starting_after and ending_before."
        raise errors.parameter_invalid(message, "starting_after")
    limit = params.get("limit", 10)
    if before:
        rows = rows.filter(number__gt=_position(rows.model, before, kind, "ending_before")).order_by("number")
    else:
        rows = rows.order_by("-number")
        if after:
            rows = rows.filter(number__lt=_position(rows.model, after, kind, "starting_after"))
    found = list(rows[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    if before:
        found.reverse()
    return {"object": "list", "data": [row.body for row in found], "has_more": has_more, "url": url}


def _position(model: type[Row], stripe_id: str, kind: str, param: str) -> int:
    row = model._default_manager.filter(stripe_id=stripe_id).first()
    if row is None:
        raise errors.resource_missing(kind, stripe_id, param, status=400)
    return row.number
