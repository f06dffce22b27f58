"""The two ways to read Stripe's objects: retrieve one by its id, and list them with filters."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from sandbox.api import params
from sandbox.api.expand import expand
from sandbox.api.pagination import page
from sandbox.core import accounts, store
from sandbox.core.validators import Validator
from sandbox.models import Record

Body = dict[str, Any]

# Most filters are columns of their own name.
_BODY_FILTERS = {"currency": "body__currency", "email": "body__email", "type": "body__type"}


def retrieve(kind: str, stripe_id: str, raw: Body, param: str) -> Body:
    """GET of one object."""
    clean = params.RETRIEVE(raw, "")
    record = store.require(kind, stripe_id, param)
    return expand(record.body, clean.get("expand", []))


def list_objects(kind: str, path: str, validate: Validator, raw: Body, filters: str = "") -> Body:
    """GET of a list, narrowed by these filters where they are given."""
    clean = validate(raw, "")
    return list_found(kind, path, clean, narrowed(kind, clean, filters))


def narrowed(kind: str, clean: Body, filters: str) -> QuerySet[Record]:
    """The objects of the account that the call is about, narrowed by these filters where they are given."""
    rows = Record.objects.filter(kind=kind, account=accounts.present())
    for name in filters.split():
        if clean.get(name):
            rows = rows.filter(**{_BODY_FILTERS.get(name, name): clean[name]})
    return rows


def list_found(kind: str, path: str, clean: Body, rows: QuerySet[Record]) -> Body:
    """One page of what was found."""
    return expand(page(rows, clean, kind=kind, url=f"/v1/{path}"), clean.get("expand", []))
