"""Parameters: what Stripe takes is taken, what it refuses is refused in its words."""

from __future__ import annotations

import ast
import inspect
import time
from typing import Any

import pytest
import stripe
import stripe.params.checkout._session_create_params as official

from sandbox.api import params
from sandbox.api.form_encoding import parse
from sandbox.core.errors import ApiError
from tests.sandbox.conftest import session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def item(**changes: Any) -> dict[str, Any]:
    """The line item with another price."""
    price = {**session_params()["line_items"][0]["price_data"], **changes}
    return {"line_items": [{"quantity": 1, "price_data": price}]}


def refused(text: str) -> dict[str, Any]:
    """The error that these parameters meet, if any."""
    try:
        params.CREATE_SESSION(parse(text), "")
    except ApiError as error:
        return error.error
    return {}


def test_every_name_of_the_real_call_is_known():
    """As the SDK's own declaration lists them; a new release of the SDK shows here what became known or unknown."""
    tree = ast.parse(inspect.getsource(official))
    declared = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "SessionCreateParams")
    names = {ast.unparse(node.target) for node in declared.body if isinstance(node, ast.AnnAssign)}
    assert "line_items" in names
    for name in names:
        refusal = refused(f"mode=payment&success_url=https://a.b&line_items[0][quantity]=1&{name}=x")
        assert refusal.get("code") != "parameter_unknown", name
    assert refused("payment_method_types[0]=card")["code"] == "parameter_unknown"


NOW = int(time.time())


@pytest.mark.parametrize(
    ("extra", "code", "param"),
    [
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"payment_intent_data": {"colour": "red"}}, "parameter_unknown", "payment_intent_data[colour]"),
        (item(colour="red"), "parameter_unknown", "line_items[0][price_data][colour]"),
        (item(unit_amount="12.50"), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (item(unit_amount=-1), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (item(unit_amount=100_000_000), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (item(unit_amount=49), "amount_too_small", "line_items"),
        (item(unit_amount=0), "amount_too_small", "line_items"),
        (item(unit_amount=49, currency="jpy"), "amount_too_small", "line_items"),
        (item(unit_amount=299, currency="sek"), "amount_too_small", "line_items"),
        (item(unit_amount=1001, currency="kwd"), "parameter_invalid_integer", "line_items"),
        (item(unit_amount=30050, currency="isk"), "parameter_invalid_integer", "line_items"),
        (item(unit_amount=1_000_001, currency="ugx"), "parameter_invalid_integer", "line_items"),
        (item(currency="xyz"), None, "line_items[0][price_data][currency]"),
        (item(product_data={"name": ""}), "parameter_missing", "line_items[0][price_data][product_data][name]"),
        ({"line_items": [{"price": "price_1", "quantity": 1}]}, "resource_missing", "line_items[0][price]"),
        ({"line_items": [{"quantity": 1}]}, "parameter_missing", "line_items[0][price_data]"),
        ({"success_url": "/success"}, "url_invalid", "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "url_invalid", "cancel_url"),
        ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
        ({"customer_email": "ada@bücher.example"}, "email_invalid", "customer_email"),
        ({"customer_email": "ada@localhost"}, "email_invalid", "customer_email"),
        ({"payment_intent_data": {"receipt_email": "a@b"}}, "email_invalid", "payment_intent_data[receipt_email]"),
        ({"adaptive_pricing": {"enabled": "perhaps"}}, None, "adaptive_pricing[enabled]"),
        ({"adaptive_pricing": {"on": "true"}}, "parameter_unknown", "adaptive_pricing[on]"),
        ({"mode": "rental"}, None, "mode"),
        ({"submit_type": "give"}, None, "submit_type"),
        ({"locale": "tlh"}, None, "locale"),
        ({"expires_at": NOW + 1700}, None, "expires_at"),
        ({"expires_at": NOW + 25 * 3600}, None, "expires_at"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, None, "metadata"),
        ({"metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"payment_intent_data": {"metadata": {"k": "v" * 501}}}, None, "payment_intent_data[metadata][k]"),
        (
            {"payment_intent_data": {"statement_descriptor_suffix": "<b>"}},
            None,
            "payment_intent_data[statement_descriptor_suffix]",
        ),
        ({"adaptive_pricing": {"enabled": "maybe"}}, None, "adaptive_pricing[enabled]"),
    ],
)
def test_a_wrong_parameter_is_refused_and_named(create_session, extra, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create_session(**extra)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


def test_the_dead_parameter_is_refused_in_stripes_words(create_session):
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: payment_method_types"):
        create_session(payment_method_types=["card"])


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
def test_a_missing_parameter_is_named(api, name):
    params = session_params()
    del params[name]
    with pytest.raises(stripe.InvalidRequestError, match=f"Missing required param: {name}") as refused:
        api.v1.checkout.sessions.create(params)
    assert (refused.value.code, refused.value.param) == ("parameter_missing", name)


@pytest.mark.parametrize("extra", [{"mode": "setup"}, {"customer": "cus_1"}, {"ui_mode": "elements"}])
def test_what_only_stripe_supports_is_refused_plainly(create_session, extra):
    with pytest.raises(stripe.InvalidRequestError, match=f"The sandbox does not play {next(iter(extra))}"):
        create_session(**extra)


def test_the_limits_themselves_are_allowed(create_session):
    session = create_session(
        metadata={f"{n:040}": "é" * 500 for n in range(50)},
        client_reference_id="x" * 200,
        expires_at=int(time.time()) + 1801,
        locale="hi-IN",
        adaptive_pricing={"enabled": False},
        payment_intent_data={"statement_descriptor_suffix": "ORDER 7", "receipt_email": "ada@example.com"},
        **item(unit_amount=50),
    )
    assert len(session.metadata.to_dict()) == 50
    assert session.amount_total == 50
    assert session.adaptive_pricing.enabled is False


def test_odd_text_survives_the_form_encoding(create_session):
    odd = {"1": "a=b&c[d]", "ключ": "日本 + % \u202e \n 🎈", "empty": ""}
    assert create_session(metadata=odd).metadata.to_dict() == {"1": odd["1"], "ключ": odd["ключ"]}
