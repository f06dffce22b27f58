from __future__ import annotations

import re

import pytest
import pytest_django
from django.test import Client


def its_id(client: Client, given: str = "") -> str:
    return str(client.get("/livez", headers={"X-Request-ID": given} if given else {})["X-Request-ID"])


def test_every_answer_has_an_id_of_its_own(client: Client):
    first, second = its_id(client), its_id(client)
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


def test_the_proxys_id_is_kept_and_nobody_elses(client: Client, settings: pytest_django.Settings):
    assert its_id(client, "from-somebody") != "from-somebody"
    settings.TRUSTED_PROXIES = 1
    assert its_id(client, "from-the-proxy") == "from-the-proxy"


@pytest.mark.parametrize("given", ["short", "x" * 65, "with a space", "new\tline", 'quote"quote', "ümläut-ümläut"])
def test_an_id_that_could_forge_a_line_is_replaced(client: Client, settings: pytest_django.Settings, given: str):
    settings.TRUSTED_PROXIES = 1
    assert re.fullmatch(r"[0-9a-f]{16}", its_id(client, given))
