"""The stylesheet with the organisation's colour in it, its logo, and the picture for links."""

from __future__ import annotations

import re
from io import BytesIO

import brotli
import pytest
from django.test import Client
from PIL import Image

from organisation import stylesheet
from organisation.models import Organisation

pytestmark = pytest.mark.django_db

FOR_EVER = "public, max-age=31536000, immutable"


def png(size: tuple[int, int] = (512, 256)) -> bytes:
    target = BytesIO()
    Image.new("RGBA", size, "#0b7a4b").save(target, "PNG")
    return target.getvalue()


def described(**fields: str) -> Organisation:
    organisation = Organisation(**fields)
    organisation.save()
    return organisation


def address(client: Client, pattern: str) -> str:
    """An address as the front page links it."""
    found = re.search(pattern, client.get("/").content.decode())
    assert found
    return found[1]


def test_the_stylesheet_is_kept_for_ever_under_the_address_that_names_it(client: Client) -> None:
    response = client.get(address(client, r'href="(/theme\.css\?v=\w+)"'))
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == FOR_EVER
    assert b":root" in response.content
    assert b".coin" in response.content
    assert b"/*" not in response.content


@pytest.mark.parametrize("other", ["/theme.css", "/theme.css?v=old"])
def test_under_another_address_it_is_asked_for_again(client: Client, other: str) -> None:
    assert client.get(other)["Cache-Control"] == "no-cache"


def test_a_new_colour_is_in_it_under_another_address(client: Client) -> None:
    before = address(client, r'href="(/theme\.css\?v=\w+)"')
    described(accent="#ffd400")
    after = address(client, r'href="(/theme\.css\?v=\w+)"')
    assert after != before
    text = client.get(after).content.decode()
    assert "--accent:light-dark(#7d6702,#f4d66c)" in text
    assert "--accent-raw:light-dark(#ffd400," in text


def test_it_travels_small(client: Client) -> None:
    plain = client.get("/theme.css")
    small = client.get("/theme.css", headers={"Accept-Encoding": "gzip, br"})
    assert small["Content-Encoding"] == "br"
    assert "Accept-Encoding" in small["Vary"]
    assert brotli.decompress(small.content) == plain.content


def test_a_changed_file_is_another_stylesheet_while_somebody_works_on_it(settings, tmp_path, monkeypatch) -> None:
    settings.DEBUG = True
    (tmp_path / "site.css").write_text('@import "part.css";')
    part = tmp_path / "part.css"
    part.write_text("p { color: red }")
    monkeypatch.setattr(stylesheet, "_parts", lambda: [part])
    before = stylesheet.sheet("")
    part.write_text("p { color: blue !important }")
    assert stylesheet.sheet("").version != before.version


def test_the_logo_is_small_and_kept_for_ever(client: Client) -> None:
    organisation = Organisation()
    organisation.set_logo(png())
    organisation.save()
    page = client.get("/").content.decode()
    assert re.search(r'<img src="/logo/\w+\.png" width="64" height="32" alt="">', page)
    response = client.get(address(client, r'<img src="(/logo/\w+\.png)"'))
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == FOR_EVER
    assert Image.open(BytesIO(response.content)).size == (128, 64)


def test_without_a_logo_there_is_none(client: Client) -> None:
    described(name="Saltmarsh")
    assert client.get("/logo/.png").status_code == 404
    assert client.get("/logo/0123456789abcdef.png").status_code == 404


def test_every_page_that_may_be_found_names_a_picture_of_the_right_size(client: Client) -> None:
    described(name="Saltmarsh", tagline="Tide tables for every harbour, free for everyone.")
    response = client.get(address(client, r'og:image" content="http://localhost:8000(/share/\w+\.png)"'))
    assert Image.open(BytesIO(response.content)).size == (1200, 630)
    assert response["Cache-Control"] == FOR_EVER
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_what_is_said_of_the_organisation_names_another_picture(client: Client) -> None:
    before = address(client, r"(/share/\w+\.png)")
    described(name="Harbour Lights")
    assert address(client, r"(/share/\w+\.png)") != before
    assert client.get(before).status_code == 404


@pytest.mark.parametrize("name", ["潮位表", "M" * 80, "Société des Amis de l’Orgue de Saint-Étienne-du-Mont à Paris"])
def test_any_name_can_be_drawn(client: Client, name: str) -> None:
    described(name=name, tagline="word " * 20)
    assert client.get(address(client, r"(/share/\w+\.png)")).status_code == 200


def icons(client: Client) -> list[Image.Image]:
    found = []
    for path, kind in (("/favicon.ico", "image/x-icon"), ("/apple-touch-icon.png", "image/png")):
        response = client.get(path)
        assert response["Content-Type"] == kind
        assert response["Cache-Control"] == "public, max-age=86400"
        found.append(Image.open(BytesIO(response.content)).convert("RGB"))
    return found


def test_the_icons_that_browsers_ask_for_unasked_show_our_mark(client: Client) -> None:
    small, large = icons(client)
    assert (small.size, large.size) == ((32, 32), (180, 180))
    assert len(large.getcolors(180 * 180) or []) > 3
    assert '<link rel="apple-touch-icon" href="/apple-touch-icon.png">' in client.get("/").content.decode()


def test_with_a_logo_the_icons_show_that_in_a_white_square(client: Client) -> None:
    organisation = Organisation()
    organisation.set_logo(png())
    organisation.save()
    for icon in icons(client):
        side = icon.width
        assert icon.getpixel((side // 2, side // 2)) == (0x0B, 0x7A, 0x4B)
        assert icon.getpixel((side // 2, 1)) == (255, 255, 255)
