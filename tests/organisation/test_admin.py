"""The organisation describes itself in the admin."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from organisation.models import Organisation

pytestmark = pytest.mark.django_db

CHANGE = "/admin/organisation/organisation/1/change/"


def logo(kind: str = "PNG") -> SimpleUploadedFile:
    target = BytesIO()
    Image.new("RGB", (60, 40), "#0b7a4b").save(target, kind)
    return SimpleUploadedFile("logo", target.getvalue())


def save(client: Client, **fields: object) -> list[str]:
    """Send the form; the errors that it came back with."""
    response = client.post(CHANGE, fields, follow=True)
    form = response.context.get("adminform")
    return [error for errors in form.form.errors.values() for error in errors] if form else []


@pytest.fixture
def organisation(admin_client: Client) -> Organisation:
    Organisation(name="Saltmarsh", goal_amount=500000).save()
    return Organisation.objects.get()


def test_the_list_of_one_leads_to_it(admin_client: Client) -> None:
    assert admin_client.get("/admin/organisation/organisation/").headers["Location"].endswith("/add/")
    Organisation().save()
    assert admin_client.get("/admin/organisation/organisation/").headers["Location"] == CHANGE


def test_the_goal_is_typed_as_people_say_it(admin_client: Client, organisation: Organisation) -> None:
    page = admin_client.get(CHANGE).content.decode()
    assert 'name="goal_amount" value="5000"' in page
    assert save(admin_client, goal_amount="12.50", card_fee_percent="2.9", card_fee_fixed="0.30") == []
    organisation.refresh_from_db()
    assert (organisation.goal_amount, organisation.card_fee_fixed) == (1250, 30)
    assert save(admin_client, goal_amount="") == []
    organisation.refresh_from_db()
    assert organisation.goal_amount is None


def test_a_colour_is_picked_or_typed(admin_client: Client, organisation: Organisation) -> None:
    def saved(accent: str, picked: str) -> str:
        assert save(admin_client, accent=accent, picked=picked) == []
        organisation.refresh_from_db()
        return organisation.accent

    assert saved("", "#1d4c8f") == "", "the picker was left alone"
    assert saved("", "#0b7a4b") == "#0b7a4b"
    assert saved("#AA0000", "#0b7a4b") == "#aa0000", "the picker still shows the colour of before"
    assert saved("", "#aa0000") == ""


def test_one_of_a_kind_is_not_added_again(admin_client: Client, organisation: Organisation) -> None:
    page = admin_client.get(CHANGE).content.decode()
    assert "<h1>Your organisation</h1>" in page
    assert "_addanother" not in page
    assert "<h1>The desk of Saltmarsh</h1>" in admin_client.get("/admin/").content.decode()


ZERO = "A goal is above 0. Leave it empty for none."
MALFORMED = "Enter an amount, like 20 or 12.50."


@pytest.mark.parametrize(("typed", "told"), [("twenty", MALFORMED), ("-5", MALFORMED), ("1e9", MALFORMED), ("0", ZERO)])
def test_a_goal_that_is_no_amount_is_refused(
    admin_client: Client, organisation: Organisation, typed: str, told: str
) -> None:
    assert save(admin_client, goal_amount=typed) == [told]
    organisation.refresh_from_db()
    assert organisation.goal_amount == 500000


def test_what_was_left_as_it_was_is_not_noted_down_as_changed(admin_client: Client, organisation: Organisation) -> None:
    save(admin_client, name="Salt", goal_amount="5000", moderate_messages="on", count_offline="on")
    assert LogEntry.objects.get().get_change_message() == "Changed Name."


def test_a_logo_is_checked_made_anew_and_can_be_taken_away(admin_client: Client, organisation: Organisation) -> None:
    assert save(admin_client, new_logo=logo("JPEG")) == []
    organisation.refresh_from_db()
    assert bytes(organisation.logo).startswith(b"\x89PNG")
    assert (organisation.logo_width, organisation.logo_height) == (48, 32)
    assert f"/logo/{organisation.logo_hash}.png" in admin_client.get(CHANGE).content.decode()
    assert save(admin_client) == []
    organisation.refresh_from_db()
    assert organisation.logo_hash
    assert save(admin_client, no_logo="on") == []
    organisation.refresh_from_db()
    assert (bytes(organisation.logo), organisation.logo_hash) == (b"", "")


def test_a_file_that_is_no_picture_is_refused(admin_client: Client, organisation: Organisation) -> None:
    errors = save(admin_client, new_logo=SimpleUploadedFile("logo.svg", b"<svg onload='alert(1)'/>"))
    assert errors == ["This is not a picture that can be read. Use a PNG, JPEG or WebP file."]


def test_a_colour_is_kept_in_one_spelling_and_shown_as_it_will_be(
    admin_client: Client, organisation: Organisation
) -> None:
    assert save(admin_client, accent="#FFD400") == []
    organisation.refresh_from_db()
    assert organisation.accent == "#ffd400"
    page = admin_client.get(CHANGE).content.decode()
    assert 'fill="#7d6702"' in page
    assert "We made it darker on light paper (#7d6702)" in page
    assert "<svg" in page
    assert ' style="' not in page[page.index("<svg") : page.index("</svg>")]


@pytest.mark.parametrize("typed", ["blue", "#fff", "#12345g", "red;}"])
def test_what_is_no_colour_is_refused(admin_client: Client, organisation: Organisation, typed: str) -> None:
    assert len(save(admin_client, accent=typed)) == 1


def test_an_address_typed_without_its_scheme_is_https(admin_client: Client, organisation: Organisation) -> None:
    assert save(admin_client, privacy_url="saltmarsh.example/privacy") == []
    organisation.refresh_from_db()
    assert organisation.privacy_url == "https://saltmarsh.example/privacy"
