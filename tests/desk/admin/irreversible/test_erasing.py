"""A donor is erased at their wish: guests too, everywhere, and nothing that comes later brings them back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from donations.domain.updates import StripeUpdate
from donations.ledger import posting
from donations.models import Donation, RefundRequest, StripeEvent, StripeRef
from donations.stripe import events, polling
from mail.models import Mail
from tests.accounts.conftest import NOON, PASSWORD, Give, give, member, post  # noqa: F401  (a fixture)
from tests.accounts.views.test_data import book, found
from tests.donations.stripe_objects import charge, event, refund, session

pytestmark = pytest.mark.django_db
PAGE = "/admin/donations/donation/erase/"
ADA = "ackerley@bücher.example"
STORED = "ackerley@xn--bcher-kva.example"
PERSON = {"email": ADA, "name": "Ackerley"}


@pytest.fixture
def treasurer(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("tess@example.org", PASSWORD))
    return client


def erase(client: Client, address: str = ADA, **more: str) -> str:
    asked = {"email": address, "confirmed": "yes"} | more
    return client.post(PAGE, asked, follow=True).content.decode()


def told(kind: str, thing: dict[str, Any], *, ascii: bool = True, **changes: Any) -> None:
    events.receive(json.dumps(event(kind, thing, **changes), ensure_ascii=ascii))


@pytest.fixture
def guest(give: Give) -> Donation:  # noqa: F811
    """A guest's gift with all that is kept of it."""
    gift = give(name="Ackerley", message="from Ackerley", notes="Ackerley rang", public=True, payer_name="Ackerley B.")
    told("checkout.session.completed", session(gift, customer_details=PERSON))
    told("charge.succeeded", charge(gift, billing_details=PERSON), ascii=False)
    RefundRequest.objects.create(
        donation=gift, number=1, payment=f"pi_{gift.uuid.hex}", amount=100, currency="usd", note="Ackerley asked",
        asked_by="tess@example.org", state="made",
    )  # fmt: skip
    Mail.objects.create(kind="paid", key=f"pi_{gift.uuid.hex}", error=f"550 {STORED}", message_id="<1>")
    gift.refresh_from_db()
    assert gift.email == STORED
    return gift


def test_the_page_says_what_goes_and_what_stays_and_does_nothing_yet(treasurer: Client, guest: Donation) -> None:
    assert STORED in treasurer.get(PAGE, {"gift": guest.pk}).content.decode(), "from the gift's own page"
    page = treasurer.post(PAGE, {"email": ADA}).content.decode()
    assert "your private notes of 1 gift." in page
    assert "What stays, for the books" in page
    assert "The account" not in page
    guest.refresh_from_db()
    assert guest.name == "Ackerley"


def test_a_guest_goes_from_everywhere_and_the_amounts_stay(treasurer: Client, guest: Donation) -> None:
    LogEntry.objects.create(user=User.objects.get(), object_repr=f"gift of {STORED}", change_message="x", action_flag=2)
    before, seen = book(), treasurer.get("/api/stats/").content
    assert len(found("ackerley")) > 8
    assert "Erased the donor of 1 gift." in erase(treasurer)
    for text in ("ackerley", STORED, ADA):
        assert found(text) == []
    assert book() == before
    assert treasurer.get("/api/stats/").content == seen
    guest.refresh_from_db()
    assert (guest.donor, guest.public, bool(guest.erased_at)) == ("erased donor", False, True)
    assert StripeRef.objects.filter(donation=guest).exists(), "by them a refund finds its gift"
    assert post() == [], "nobody is written to any more"
    assert "Ackerley" not in treasurer.get("/sponsors").content.decode()
    entry = LogEntry.objects.latest("pk")
    assert (entry.object_repr, entry.change_message) == ("erased donor", "Erased the donor of 1 gift.")


def test_an_account_goes_with_the_gifts_that_it_and_a_guest_made(treasurer: Client, give: Give) -> None:  # noqa: F811
    user = member(STORED, name="Ackerley", verified_at=None)
    mine, guests, others = give(user=user, name="Ackerley"), give(email=STORED), give(email="bob@example.org")
    mover = member("bob@example.org", new_email=STORED)
    assert "The account, with all its sign-ins." in treasurer.post(PAGE, {"email": ADA}).content.decode()
    assert "Erased the donor of 2 gifts." in erase(treasurer)
    assert found("ackerley") == []
    assert set(Donation.objects.filter(erased_at__isnull=False)) == {mine, guests}
    others.refresh_from_db()
    assert others.email == "bob@example.org"
    assert User.objects.filter(pk=mover.pk).exists()


def later(gift: Donation) -> list[tuple[str, dict[str, Any]]]:
    """All that Stripe may tell afterwards, with the person in it."""
    return [
        ("checkout.session.completed", session(gift, customer_details=PERSON)),
        ("charge.updated", charge(gift, billing_details=PERSON)),
        ("charge.refunded", charge(gift, billing_details=PERSON)),
        ("refund.created", refund(gift, destination_details={"email": ADA})),
        ("payment_intent.payment_failed", charge(gift, billing_details=PERSON)),
    ]


def test_nothing_that_comes_later_brings_the_person_back(treasurer: Client, guest: Donation) -> None:
    seen = StripeEvent.objects.values_list("pk", flat=True).first()
    erase(treasurer)
    for kind, thing in later(guest):
        told(kind, thing)
    told("checkout.session.completed", session(guest, customer_details=PERSON), id=seen)  # a replay
    told("charge.updated", charge(guest, billing_details=PERSON), api_version="2020-01-01.old")  # of another release
    with pytest.raises(Exception, match="amount"):
        told("charge.succeeded", charge(guest, billing_details=PERSON, amount_captured="x"))  # one that fails
    posting.post(StripeUpdate(at=NOON, donation=guest.uuid, email=ADA, payer_name="Ackerley"))  # as a resync does
    assert found("ackerley") == []
    guest.refresh_from_db()
    assert guest.status == "refunded", "money is booked as ever"


def test_a_gift_of_before_whose_address_comes_later_is_erased_as_well(treasurer: Client, give: Give) -> None:  # noqa: F811
    give(email=STORED)
    begun = give(arrived=False, at=NOON + timedelta(hours=1), name="Ackerley", message="by Ackerley", public=True)
    erase(treasurer)
    told("charge.succeeded", charge(begun, billing_details=PERSON))
    told("checkout.session.completed", session(begun, customer_details=PERSON))
    begun.refresh_from_db()
    assert (begun.status, begun.donor) == ("paid", "erased donor")
    assert found("ackerley") == []


def test_a_new_gift_of_the_same_person_is_kept(treasurer: Client, give: Give) -> None:  # noqa: F811
    give(email=STORED)
    erase(treasurer)
    new = give(arrived=False, at=timezone.now() + timedelta(seconds=1), name="Ackerley", public=True)
    told("checkout.session.completed", session(new, customer_details=PERSON))
    new.refresh_from_db()
    assert (new.name, new.email, new.erased_at) == ("Ackerley", STORED, None)


def test_an_address_that_somebody_elses_account_used_is_kept_out_and_the_gift_is_theirs(
    treasurer: Client,
    give: Give,  # noqa: F811
) -> None:
    give(email=STORED)
    bobs = give(arrived=False, user=member("bob@example.org"), name="Bob")
    erase(treasurer)
    told("checkout.session.completed", session(bobs, customer_details=PERSON))
    bobs.refresh_from_db()
    assert (bobs.name, bobs.email, bobs.erased_at) == ("Bob", "", None)


def test_it_takes_a_fresh_sign_in(treasurer: Client, guest: Donation) -> None:
    session_ = treasurer.session
    session_["signed_in_at"] = 0
    session_.save()
    assert "Your password:" in erase(treasurer)
    assert "That password is not right." in erase(treasurer, password="wrong")
    assert Donation.objects.filter(erased_at__isnull=False).count() == 0
    assert "Erased the donor" in erase(treasurer, password=PASSWORD)


@pytest.mark.parametrize(
    ("address", "why"), [("nobody@example.org", "Nobody gave with this address"), ("tess@example.org", "of the staff")]
)
def test_who_is_not_there_or_works_here_is_told(treasurer: Client, address: str, why: str) -> None:
    assert why in erase(treasurer, address)
    assert User.objects.filter(email="tess@example.org").exists()


def test_a_gift_without_an_address_is_erased_by_itself(treasurer: Client, give: Give) -> None:  # noqa: F811
    gift, other = give(name="Ackerley", message="by Ackerley", public=True), give(name="Bob")
    asked = {"email": "", "gift": str(gift.pk)}
    assert f"Gift {gift.pk} has no address." in treasurer.get(PAGE, {"gift": gift.pk}).content.decode()
    assert f"Erase the donor of gift {gift.pk}?" in treasurer.post(PAGE, asked).content.decode()
    assert (
        "Erased the donor of 1 gift."
        in treasurer.post(PAGE, asked | {"confirmed": "yes"}, follow=True).content.decode()
    )
    assert found("ackerley") == []
    other.refresh_from_db()
    assert other.name == "Bob"
    assert "Nobody gave" in treasurer.post(PAGE, asked).content.decode(), "once"
    assert "Type the donor’s e-mail address." in treasurer.post(PAGE, {"email": ""}).content.decode()


def test_a_gift_with_an_address_is_not_erased_without_it(treasurer: Client, guest: Donation) -> None:
    treasurer.post(PAGE, {"email": "", "gift": str(guest.pk), "confirmed": "yes"})
    guest.refresh_from_db()
    assert guest.erased_at is None


def test_support_may_not(client: Client, guest: Donation) -> None:
    client.force_login(User.objects.create_user("sam@example.org", is_staff=True))
    assert client.post(PAGE, {"email": ADA, "confirmed": "yes"}).status_code == 403


def test_the_command_does_the_same(guest: Donation, capsys: Any) -> None:
    with pytest.raises(CommandError, match="Nobody"):
        call_command("erase_donor", "nobody@example.org", "--yes")
    call_command("erase_donor", ADA, "--yes")
    assert "Erased the donor of 1 gifts." in capsys.readouterr().out
    assert found("ackerley") == []


def test_polling_brings_nobody_back(guest: Donation, treasurer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    erase(treasurer)
    monkeypatch.setattr("donations.stripe.client.retrieve", lambda _: session(guest, customer_details=PERSON))
    polling.fetch(guest.session_id)
    assert found("ackerley") == []
