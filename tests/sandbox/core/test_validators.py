"""Validators: each takes what Stripe takes, and names the parameter that it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.core import validators
from sandbox.core.errors import ApiError

color = validators.choice(["red", "green", "blue"], supported=["red"])
order = validators.hash_of({"id": validators.text(5), "count": validators.integer(1, 9)}, required=["id"])


@pytest.mark.parametrize(
    ("validate", "raw", "clean"),
    [
        (validators.text(3), "abc", "abc"),
        (validators.text(3), "", None),
        (validators.integer(1, 9), "9", 9),
        (validators.boolean, "false", False),
        (color, "red", "red"),
        (validators.currency, "EUR", "eur"),
        (validators.settlement_currency, "", ""),
        (validators.exchange_rate, "0.9", Decimal("0.9")),
        (validators.url, "http://localhost:1/x", "http://localhost:1/x"),
        (validators.metadata, {"a": "1", "gone": ""}, {"a": "1"}),
        (validators.metadata, "", {}),
        (order, {"id": "o1", "count": "2"}, {"id": "o1", "count": 2}),
        (validators.list_of(order, 2), {"1": {"id": "b"}, "0": {"id": "a"}}, [{"id": "a"}, {"id": "b"}]),
    ],
)
def test_a_value_is_cleaned(validate, raw, clean):
    assert validate(raw, "name") == clean


@pytest.mark.parametrize(
    ("validate", "raw", "param", "message"),
    [
        (validators.text(3), "abcd", "name", "at most 3 characters"),
        (validators.text(3), {"a": "b"}, "name", "Invalid string"),
        (validators.integer(1, 9), "0", "name", "greater than or equal to 1"),
        (validators.integer(1, 9), "10", "name", "less than or equal to 9"),
        (validators.boolean, "1", "name", "Invalid boolean"),
        (color, "green", "name", "does not play name=green"),
        (color, "black", "name", "must be one of red, green, or blue"),
        (validators.exchange_rate, "0", "name", "Invalid decimal"),
        (order, {"id": "o1", "colour": "red"}, "name[colour]", "unknown parameter"),
        (order, {"count": "2"}, "name[id]", "Missing required param"),
        (validators.list_of(order, 1), {"0": {"id": "a"}, "1": {"id": "b"}}, "name", "at most 1 items"),
        (validators.list_of(order, 1), {"first": {"id": "a"}}, "name", "Invalid array"),
    ],
)
def test_a_wrong_value_is_refused_and_named(validate, raw, param, message):
    with pytest.raises(ApiError, match=message) as refused:
        validate(raw, "name")
    assert (refused.value.status, refused.value.error["param"]) == (400, param)


@pytest.mark.parametrize("address", ["ada@example.org", "a.b+gift@mail.example.co.uk", "o'neil@xn--bcher-kva.example"])
def test_an_address_as_stripe_takes_it(address):
    assert validators.email(address, "customer_email") == address


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@example.org", "ada@", "ada@gmail", "ada@localhost", "ada@bücher.example", "zoë@example.org",
     '"ada l"@example.org', "ada@[127.0.0.1]", "ada@127.0.0.1", " ada@example.org", "ada@example.org ", "ada@.x.org",
     "ada.@example.org", "a..da@example.org", "ada@example..org", "ada@-example.org", "x" * 65 + "@example.org"],
)  # fmt: skip
def test_an_address_that_stripe_does_not_take_has_its_own_code(address):
    with pytest.raises(ApiError, match="Invalid email address") as refused:
        validators.email(address, "customer_email")
    assert refused.value.error["code"] == "email_invalid"
