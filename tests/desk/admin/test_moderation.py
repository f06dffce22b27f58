"""The sponsors' wall in the admin: messages are read, levels and organisations kept."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from donations.domain.updates import Payment, StripeUpdate
from donations.ledger import posting
from donations.models import Donation, Level, Sponsor, Standing, Words
from lib.web import kept_page

pytestmark = pytest.mark.django_db
MESSAGES, LEVELS, SPONSORS = (f"/admin/donations/{model}/" for model in ("message", "level", "sponsor"))


@pytest.fixture
def moderator(client: Client, django_user_model: Any) -> Client:
    """May read messages and nothing else."""
    user = django_user_model.objects.create_user("mo@example.org", "a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_message", "change_message"]))
    client.force_login(user)
    return client


@pytest.fixture
def admin(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("tess@example.org", "a long password"))
    return client


def said(message: str, **fields: Any) -> Donation:
    values = {"amount": 2000, "currency": "usd", "public": True, "expires_at": timezone.now()} | fields
    return Donation.objects.create(message=message, **values)


def marks(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(read-\d+)" value="(\w+)"', page))


def act(client: Client, action: str, *gifts: Donation, **seen: str) -> str:
    data = {"action": action, "_selected_action": [gift.pk for gift in gifts], **seen}
    return client.post(MESSAGES, data, follow=True).content.decode()


def states() -> dict[str, str]:
    return dict(Donation.objects.values_list("message", "words"))


def test_the_list_holds_what_is_to_be_read(moderator):
    said("New one")
    said("Old one", words=Words.SHOWN)
    said("")
    page = moderator.get(MESSAGES).content.decode()
    assert "New one" in page
    assert "Old one" not in page
    assert len(marks(page)) == 1
    assert "Old one" in moderator.get(MESSAGES, {"words": "shown"}).content.decode()


def test_words_are_shown_as_text(moderator):
    said("<script>alert(1)</script>")
    assert "<script>alert" not in moderator.get(MESSAGES).content.decode()


@pytest.mark.parametrize(("action", "state"), [("show", Words.SHOWN), ("refuse", Words.REFUSED)])
def test_several_messages_are_judged_at_once(moderator, action, state):
    gifts = [said("One"), said("Two")]
    said("Three")
    page = act(moderator, action, *gifts, **marks(moderator.get(MESSAGES).content.decode()))
    assert "2 messages done." in page
    assert states() == {"One": state, "Two": state, "Three": Words.WAITING}


def test_what_was_changed_after_it_was_read_stays_to_be_read(moderator):
    gift = said("Harmless")
    seen = marks(moderator.get(MESSAGES).content.decode())
    Donation.objects.update(message="Harmful")
    assert "Read it first." in act(moderator, "show", gift, **seen)
    assert states() == {"Harmful": Words.WAITING}


def test_what_was_not_on_the_screen_cannot_be_judged(moderator):
    assert "Read it first." in act(moderator, "show", said("Unseen"))
    assert states() == {"Unseen": Words.WAITING}


def test_who_may_only_look_cannot_judge(moderator, django_user_model):
    django_user_model.objects.get().user_permissions.set(Permission.objects.filter(codename="view_message"))
    gift = said("One")
    act(moderator, "show", gift, **marks(moderator.get(MESSAGES).content.decode()))
    assert states() == {"One": Words.WAITING}


def test_a_moderator_sees_no_addresses_and_edits_nothing(moderator):
    gift = said("One", email="private@example.org")
    assert "private@example.org" not in moderator.get(MESSAGES).content.decode()
    for page in (f"{MESSAGES}{gift.pk}/change/", f"{MESSAGES}{gift.pk}/delete/", f"{MESSAGES}add/"):
        response = moderator.post(page, {"message": "Edited"})
        assert "private@example.org" not in response.content.decode()
    assert states() == {"One": Words.WAITING}


def names_read(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(name-\d+)" value="(\w+)"', page))


@pytest.mark.parametrize(("action", "state"), [("show_names", Words.SHOWN), ("refuse_names", Words.REFUSED)])
def test_names_that_were_held_are_judged_in_the_same_list(moderator, action, state):
    held = said("", name="Visit acme.com", name_state=Words.WAITING)
    said("", name="Private acme.com", name_state=Words.WAITING, public=False)
    said("", name="Ada")
    page = moderator.get(MESSAGES).content.decode()
    assert "Visit acme.com" in page
    assert "Private" not in page, "nobody is to see it"
    assert "Ada" not in page
    assert "1 name done." in act(moderator, action, held, **names_read(page))
    held.refresh_from_db()
    assert held.name_state == state
    assert "Visit acme.com" in moderator.get(MESSAGES, {"words": state.value}).content.decode()


def test_a_verdict_on_a_name_moves_it_on_the_wall(moderator):
    gift = said("", name="Visit acme.com", name_state=Words.WAITING)
    payment = Payment(f"pi_{gift.pk}", 2000, "usd")
    posting.post(StripeUpdate(at=timezone.now(), donation=gift.uuid, refs=(payment.source,), change=payment))
    assert not Standing.objects.get().named
    assert "acme" not in Client().get("/sponsors").content.decode()
    assert "acme" not in Client().get("/").content.decode()
    act(moderator, "show_names", gift, **names_read(moderator.get(MESSAGES).content.decode()))
    assert Standing.objects.get().named
    kept_page.forget()
    assert "acme" in Client().get("/sponsors").content.decode()


def test_a_name_that_was_changed_after_it_was_read_stays_to_be_read(moderator):
    gift = said("", name="acme.com", name_state=Words.WAITING)
    seen = names_read(moderator.get(MESSAGES).content.decode())
    Donation.objects.update(name="evil.com")
    assert "Read it first." in act(moderator, "show_names", gift, **seen)
    assert Donation.objects.get().name_state == Words.WAITING


def test_verdicts_stand_in_the_gifts_history_without_the_text(moderator):
    gift = said("Hello", name="acme.com", name_state=Words.WAITING)
    page = moderator.get(MESSAGES).content.decode()
    act(moderator, "show", gift, **marks(page))
    act(moderator, "refuse_names", gift, **names_read(page))
    told = LogEntry.objects.order_by("pk").values_list("object_id", "change_message")
    assert list(told) == [(str(gift.pk), "Showed the message."), (str(gift.pk), "Did not show the name.")]


def test_what_waits_to_be_read_is_a_task_of_whoever_may_read_it(moderator):
    assert "wait" not in moderator.get("/admin/").content.decode()
    said("", name="acme.com", name_state=Words.WAITING)
    assert "A message or name waits to be read." in moderator.get("/admin/").content.decode()


def paid(amount: int) -> None:
    gift = said("", amount=amount)
    payment = Payment(f"pi_{gift.pk}", amount, "usd")
    posting.post(StripeUpdate(at=timezone.now(), donation=gift.uuid, refs=(payment.source,), change=payment))


def standing_level() -> str | None:
    return Standing.objects.values_list("level__name", flat=True).get()


def levels() -> dict[str, int]:
    return dict(Level.objects.values_list("name", "threshold"))


def test_a_new_level_takes_its_supporters_at_once(admin):
    Level.objects.all().delete()
    Level.objects.create(name="Cups", threshold=0)
    paid(60_00)
    assert admin.post(f"{LEVELS}add/", {"name": "Tea pots", "slug": "", "from_amount": "50"}).status_code == 302
    assert Level.objects.get(threshold=50_00).slug == "tea-pots"
    assert standing_level() == "Tea pots"
    pot = Level.objects.get(name="Tea pots")
    admin.post(f"{LEVELS}{pot.pk}/change/", {"name": "Tea pots", "slug": "tea-pots", "from_amount": "60.01"})
    assert standing_level() == "Cups"
    admin.post(f"{LEVELS}{pot.pk}/change/", {"name": "Tea pots", "slug": "tea-pots", "from_amount": "60"})
    admin.post(f"{LEVELS}{pot.pk}/delete/", {"post": "yes"})
    assert standing_level() == "Cups"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"from_amount": "-5"}, "Enter an amount, like 20 or 12.50."),
        ({"from_amount": "12.345"}, "If you mean $12,345, enter 12345."),
        ({"from_amount": "0"}, "Another level begins at this amount."),
        ({"slug": "lately"}, "This address is taken"),
        ({"slug": "cups"}, "already exists"),
    ],
)
def test_a_level_that_cannot_be_is_refused_in_words(admin, fields, complaint):
    Level.objects.all().delete()
    Level.objects.create(name="Cups", threshold=0)
    page = admin.post(f"{LEVELS}add/", {"name": "X", "slug": "x", "from_amount": "9"} | fields)
    assert complaint in page.content.decode()
    assert levels() == {"Cups": 0}


def picture(side: int = 40, kind: str = "PNG") -> SimpleUploadedFile:
    target = BytesIO()
    Image.new("RGB", (side, side)).save(target, kind)
    return SimpleUploadedFile("logo.png", target.getvalue())


def test_an_organisation_is_put_up_with_link_and_logo(admin, client):
    data = {"name": "Acme", "url": "acme.example", "level": "", "shown": "on", "new_logo": picture(900)}
    assert admin.post(f"{SPONSORS}add/", data).status_code == 302
    sponsor = Sponsor.objects.get()
    assert sponsor.url == "https://acme.example"
    assert Image.open(BytesIO(bytes(sponsor.logo))).size == (512, 512)
    answer = client.get(f"/sponsors/logo/{sponsor.logo_digest}.png")
    assert answer.content == bytes(sponsor.logo)
    assert answer["Content-Type"] == "image/png"
    assert "immutable" in answer["Cache-Control"]
    assert "max-age=31536000" in answer["Cache-Control"]


def test_a_change_without_a_new_logo_keeps_it_and_a_tick_takes_it_away(admin):
    admin.post(f"{SPONSORS}add/", {"name": "Acme", "url": "", "shown": "on", "new_logo": picture()})
    sponsor = Sponsor.objects.get()
    page = f"{SPONSORS}{sponsor.pk}/change/"
    admin.post(page, {"name": "Acme Ltd", "url": "", "shown": "on"})
    assert Sponsor.objects.get(name="Acme Ltd").logo_digest == sponsor.logo_digest != ""
    admin.post(page, {"name": "Acme Ltd", "url": "", "shown": "on", "without_logo": "on"})
    assert (bytes(Sponsor.objects.get().logo), Sponsor.objects.get().logo_digest) == (b"", "")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"new_logo": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")}, "not a picture"),
        ({"url": "javascript:alert(1)"}, "valid URL"),
    ],
)
def test_neither_a_strange_file_nor_a_strange_link_is_taken(admin, fields, complaint):
    page = admin.post(f"{SPONSORS}add/", {"name": "Acme", "url": "", "shown": "on"} | fields)
    assert complaint in page.content.decode()
    assert not Sponsor.objects.exists()
