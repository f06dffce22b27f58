"""What the server says by itself looks like everything else that the site says."""

from __future__ import annotations

import pytest
from waitress import utilities

from project.middleware.security_headers import security_headers
from project.server.refusals import refusal

CODES = sorted({kind.code for kind in vars(utilities).values() if hasattr(kind, "code")})


@pytest.mark.parametrize("code", CODES)
def test_each_refusal_is_a_page_with_our_headers(code: int) -> None:
    headers, body = refusal(code)
    assert security_headers().keys() <= dict(headers).keys()
    assert dict(headers)["Cache-Control"] == "no-store"
    assert f">{code}<" in body.decode()
    assert "<h1>" in body.decode()


def test_all_that_waitress_refuses_with_is_known() -> None:
    assert CODES == [400, 413, 431, 500, 501]
