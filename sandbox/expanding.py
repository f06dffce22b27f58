"""`expand[]`: puts whole objects where their ids stand, along any dotted path."""

from __future__ import annotations

from typing import Any

from sandbox import errors, store

# What may be expanded in each object. A kind that the stand-in never makes stays null, as a null does at Stripe.
_KIND_OF = {
    "checkout.session": {
        **dict.fromkeys(["customer", "invoice", "payment_link", "setup_intent", "subscription"]),
        "payment_intent": "payment_intent",
    },
    "payment_intent": {
        **dict.fromkeys(["application", "customer", "on_behalf_of", "review", "source"]),
        "latest_charge": "charge",
    },
    "charge": {
        **dict.fromkeys(
            [
                "application",
                "application_fee",
                "balance_transaction",
                "customer",
                "failure_balance_transaction",
                "review",
            ]
        ),
        "payment_intent": "payment_intent",
    },
}
_DEEPEST = 4


def expand(body: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """The object with everything along the paths put in; the object itself is changed."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST + (body["object"] == "list"):
            raise errors.invalid(f"You cannot expand more than {_DEEPEST} levels of a property.", "expand")
        _walk(body, steps, path)
    return body


def _walk(body: dict[str, Any], steps: list[str], path: str) -> None:
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    if body["object"] == "list":
        if step != "data":
            raise _cannot(path)
        for item in body["data"]:
            _walk(item, rest, path)
        return
    kinds = _KIND_OF.get(body["object"], {})
    if body["object"] == "checkout.session" and step == "line_items":
        body[step] = body.get(step) or _line_items(body["id"])
    elif body["object"] == "charge" and step == "refunds":
        body[step] = body.get(step) or _list([], f"/v1/charges/{body['id']}/refunds")
    elif step not in kinds:
        raise _cannot(path)
    elif isinstance(body[step], str) and (kind := kinds[step]):
        body[step] = store.get(kind, body[step]).body
    if isinstance(body[step], dict):
        _walk(body[step], rest, path)


def _line_items(session_id: str) -> dict[str, Any]:
    items = store.get("checkout.session", session_id).hidden["line_items"]
    return _list(items, f"/v1/checkout/sessions/{session_id}/line_items")


def _list(data: list[Any], url: str) -> dict[str, Any]:
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _cannot(path: str) -> errors.ApiError:
    return errors.invalid(f"This property cannot be expanded ({path}).", "expand")
