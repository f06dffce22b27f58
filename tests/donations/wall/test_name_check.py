"""Ordinary names stand on the wall at once; advertisements wait for a person."""

from __future__ import annotations

import pytest

from donations.wall.name_check import suspicious


@pytest.mark.parametrize(
    "name",
    ["", "Ada", "J.R.R. Tolkien", "Dr.Müller", "St.John", "Ada & Bob", "Ada/Bob", "O’Neil", "李小龍", "Club 1860",
     "Zoë 🎉", "Lia Sale", "Margherita Buy", "M.C. Escher", "c/o Fam.Meyer", "A.Einstein", "محمد", "Ada (Berlin)",
     "Team No.5", "In memory of Bob, 1950-2024", "Get Well Soon", "Win Butler", "Müller GmbH & Co. KG", "Mr.T"],
)  # fmt: skip
def test_an_ordinary_name_is_no_advertisement(name: str) -> None:
    assert not suspicious(name)


@pytest.mark.parametrize(
    "name",
    ["www.example.com", "http://x", "acme.de", "exam ple . com", "foo@bar.org", "@acme", "Call 0800 123 4567",
     "50% off", "ｅｘａｍｐｌｅ．ｃｏｍ", "example。com", "acme[.]com", "acme dot com", "Acme (dot) com", "Buy now",
     "$99 watches", "Casino Royal", "t.me/x", "#promo", "hxxp://x", "пример.рф", "Follow me",
     "Best prices", "SEO services", "Visit our shop", "٠١٢٣٤٥٦٧٨", "Gutschein"],
)  # fmt: skip
def test_a_link_an_address_or_an_offer_is(name: str) -> None:
    assert suspicious(name)
