"""Ids: of Stripe's form, and never the same twice."""

from __future__ import annotations

import re

import pytest

from sandbox.core import ids


@pytest.mark.parametrize(
    ("prefix", "form"), [("cs", r"cs_test_a1\w{56}"), ("pi", r"pi_3\w{23}"), ("prod", r"prod_\w{14}")]
)
def test_an_id_has_stripes_form(prefix, form):
    first, second = ids.new(prefix), ids.new(prefix)
    assert re.fullmatch(form, first)
    assert first != second


def test_a_client_secret_begins_with_its_intent():
    assert re.fullmatch(r"pi_3abc_secret_\w{25}", ids.client_secret("pi_3abc"))
