"""What is kept of a donor: to take along, and to have deleted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.data import cleanup, deletion
from accounts.models import User
from donations.domain.updates import StripeUpdate
from donations.ledger import monthly_totals, posting
from donations.models import LedgerEntry, StripeEvent, Subscription, Total
from donations.stripe import events
from lib.csv_safety import harmless
from mail import outbox
from mail.models import Mail
from tests.accounts.conftest import ALICE, NOON, PASSWORD, Give, member, post, refunded
from tests.donations.donors.monthly.conftest import gives_monthly  # noqa: F401  (a fixture)
from tests.donations.stripe_objects import charge, event, refund, session

pytestmark = pytest.mark.django_db


@pytest.fixture
def her(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def found(text: str) -> list[str]:
    """Every place of the database, whatever table, that holds this text in any spelling."""
    places = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("sandbox_"):
                continue  # another database, of somebody else
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                places += [
                    f"{table}.{name}"
                    for name, value in zip(columns, row, strict=True)
                    if text.lower() in str(value).lower()
                ]
    return places


def book() -> object:
    rows = list(LedgerEntry.objects.order_by("id").values_list("id", "kind", "source", "amount", "currency"))
    return rows, list(Total.objects.order_by("month").values_list("currency", "month", "raised", "refunded", "gifts"))


# --- Taking along -----------------------------------------------------------------------------------------------------


def test_everything_comes_as_json(her, alice, give: Give):
    gift = give(user=alice, email=ALICE, name="Ada", message="Go on!", amount=2550)
    refunded(gift, 50)
    answer = her.get("/account/data/my-data.json")
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert "no-store" in answer["Cache-Control"]
    data = json.loads(answer.content)
    assert data["account"]["email"] == ALICE
    (told,) = data["gifts"]
    assert (told["amount"], told["currency"], told["message"]) == ("25.50", "usd", "Go on!")
    assert [(move["kind"], move["amount"]) for move in told["movements"]] == [("payment", "25.50"), ("refund", "-0.50")]
    assert told["movements"][0]["receipt"] == 1


def test_what_comes_again_is_among_it_also_when_it_has_ended(her, alice, gives_monthly):  # noqa: F811
    gives_monthly(ALICE, alice)
    gives_monthly(ALICE, alice, status="canceled")
    data = json.loads(her.get("/account/data/my-data.json").content)
    assert [(each["amount"], each["frequency"], each["status"]) for each in data["subscriptions"]] == [
        ("20.00", "monthly", "ended"), ("20.00", "monthly", "active"),
    ]  # fmt: skip
    assert {gift["frequency"] for gift in data["gifts"]} == {"monthly"}


def test_gifts_come_as_csv_that_no_spreadsheet_takes_for_a_formula(her, alice, give: Give):
    evil = ["=1+1", "+1", "-1", "@x", "  =1", "＝1+1", "\n=1", "\tx", "\ufeff@x", "thanks;=1", 'plain, with "quotes"']
    for text in evil:
        give(user=alice, message=text)
    answer = her.get("/account/data/my-gifts.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["message"] for row in rows] == [harmless(text) for text in reversed(evil)]
    assert [text for text in evil if harmless(text) == text] == [evil[-1]]
    assert {row["amount"] for row in rows} == {"20.00"}


def test_gifts_come_as_european_csv_too(her, alice, give: Give):
    gift = give(user=alice, message="a; b", amount=2550)
    refunded(gift, 50)
    answer = her.get("/account/data/my-gifts-european.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="my-gifts-european.csv"'
    text = answer.content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert (row["amount"], row["returned"], row["left"], row["message"]) == ("25,50", "0,50", "25,00", "a; b")


# --- Closing the account ----------------------------------------------------------------------------------------------


def close(client: Client, current: str = PASSWORD):
    return client.post("/account/delete", {"current": current})


def test_it_takes_the_password(her):
    assert "What stays" in her.get("/account/delete").content.decode()
    assert close(her, "wrong").status_code == 422
    assert User.objects.exists()


def test_the_person_goes_from_everywhere_and_the_amounts_stay(her, alice, give: Give):
    staff = User.objects.create_superuser("root@example.org", "correct horse battery")
    gift = give(user=alice, arrived=False, name="Alice Ackerley", message="from Alice Ackerley", public=True)
    guest = give(arrived=False)
    address = {"customer_details": {"email": "Alice@Example.org", "name": "Alice Ackerley"}}
    for one in (gift, guest):
        events.receive(json.dumps(event("checkout.session.completed", session(one, **address))))
    details: dict[str, Any] = {"billing_details": {"email": ALICE, "name": "Alice Ackerley"}}
    events.receive(json.dumps(event("charge.succeeded", charge(gift, **details))))
    # An event that waits, and one that failed: they are still needed.
    events.receive(
        json.dumps(
            event(
                "refund.created", refund(gift, id="re_w", payment_intent="pi_unknown", charge="ch_unknown", **details)
            )
        )
    )
    StripeEvent.objects.create(
        id="evt_failed", type="x", state="failed", error=f"about {ALICE}", body=json.dumps({"data": {"email": ALICE}})
    )
    her.post("/account/email", {"email": "ackerley@elsewhere.example", "current": PASSWORD})
    her.post("/password-reset", {"email": ALICE})
    root = Client()
    root.force_login(staff)
    root.post(f"/admin/accounts/user/{alice.pk}/change/", {"email": ALICE, "name": "Alice Ackerley", "is_active": "on"})
    assert LogEntry.objects.filter(object_repr=ALICE).exists()
    Client().post("/login", {"email": ALICE, "password": "wrong"})
    before, seen = book(), root.get("/api/stats/").content
    assert len(found("ackerley")) > 5

    assert close(her)["Location"] == "/account/deleted"

    for text in (ALICE, "ackerley", "Alice"):
        assert found(text) == []
    assert book() == before
    assert monthly_totals.compare() == {}
    assert root.get("/api/stats/").content == seen
    for one in (gift, guest):
        one.refresh_from_db()
        assert one.erased_at
        assert (one.donor, one.user, one.public) == ("erased donor", None, False)
    assert her.get("/account").status_code == 302
    assert "Your account is closed" in her.get("/account/deleted").content.decode()
    waiting = StripeEvent.objects.get(state="parked")
    assert json.loads(waiting.body)["data"]["object"]["id"] == "re_w", "what is still needed is kept"
    assert post() == [], "nobody is written to any more"


def test_what_comes_in_later_brings_nothing_back(her, alice, give: Give):
    gift = give(user=alice, email=ALICE)
    close(her)
    details = {"customer_details": {"email": ALICE, "name": "Alice"}}
    events.receive(json.dumps(event("checkout.session.completed", session(gift, **details))))
    events.receive(json.dumps(event("charge.refunded", charge(gift, billing_details={"email": ALICE}))))
    posting.post(StripeUpdate(at=NOON, donation=gift.uuid, refs=(f"pi_{gift.uuid.hex}",), email=ALICE))
    assert found(ALICE) == []
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {"handled"}
    refunded(gift)
    gift.refresh_from_db()
    assert gift.status == "refunded", "money is booked as ever"


def test_an_event_that_we_do_not_book_keeps_no_person(her, alice, give: Give):
    """Of a shop on the same Stripe account, or of a kind that we don't read: about an erased donor, or no donor."""
    gift = give(user=alice, email=ALICE)
    close(her)
    person = {"billing_details": {"email": ALICE, "name": "Alice"}}
    events.receive(json.dumps(event("customer.updated", charge(gift, **person))))
    shop = charge(gift, **person) | {"id": "ch_shop", "payment_intent": "pi_shop", "metadata": {}}
    events.receive(json.dumps(event("charge.refunded", shop)))
    assert found(ALICE) == []
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {"ignored"}
    assert [json.loads(body)["data"]["object"]["amount"] for body in bodies()] == [gift.amount] * 2


def bodies() -> list[str]:
    return list(StripeEvent.objects.values_list("body", flat=True))


def test_who_once_worked_in_the_admin_goes_and_what_they_did_there_stays(client, give: Give):
    clerk = User.objects.create_superuser("ackerley@example.org", PASSWORD, name="Ackerley")
    LogEntry.objects.log_actions(clerk.pk, [give(user=clerk)], CHANGE, "Refunded it.", single_object=True)
    User.objects.update(is_staff=False, is_superuser=False)
    client.force_login(User.objects.get())
    assert close(client)["Location"] == "/account/deleted"
    assert found("ackerley") == []
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.change_message) == (clerk.pk, "Refunded it.")
    assert not User.objects.get().has_usable_password()
    assert client.get("/account").status_code == 302
    cleanup.tidy()
    assert LogEntry.objects.exists()


def test_a_letter_that_waits_is_not_sent(her, alice, give: Give):
    gift = give(user=alice, email=ALICE)
    outbox.enqueue("paid", f"pi_{gift.uuid.hex}")
    close(her)
    assert post() == []
    assert Mail.objects.get(kind="paid").state == Mail.State.CLOSED


def test_gifts_of_others_are_left_alone_but_for_the_address(her, give: Give):
    bob = member("bob@example.org")
    gift = give(user=bob, email=ALICE, name="Bob", message="from Bob", public=True)
    other = give(email="carol@example.org", name="Carol")
    close(her)
    for one in (gift, other):
        one.refresh_from_db()
        assert one.erased_at is None
    assert (gift.user, gift.name, gift.message, gift.public, gift.email) == (bob, "Bob", "from Bob", True, "")
    assert (other.name, other.email) == ("Carol", "carol@example.org")


def test_who_gives_monthly_stops_that_first_and_is_not_erased_before(her, alice, give: Give):
    gift = give(user=alice, email=ALICE)
    goes_on = Subscription.objects.create(
        uuid=gift.uuid, stripe_id="sub_1", amount=2000, currency="usd", created_at=NOON, status="active"
    )
    goes_on.donations.add(gift)
    answer = her.post("/account/delete", {"current": PASSWORD})
    assert answer.status_code == 422
    assert "You give monthly. Stop that first" in answer.text
    with pytest.raises(deletion.StillGives):
        deletion.erase_donor(ALICE)
    with pytest.raises(CommandError, match="gives monthly"):
        call_command("erase_donor", ALICE, yes=True)
    root = Client()
    root.force_login(User.objects.create_superuser("root@example.org"))
    assert "gives monthly: stop that first" in root.get(f"/admin/accounts/user/{alice.pk}/delete/").text
    root.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(email=ALICE).exists()
    Subscription.objects.update(status="ended")
    assert her.post("/account/delete", {"current": PASSWORD}).status_code == 302
    assert not User.objects.filter(email=ALICE).exists()


def test_a_guests_gift_is_not_erased_with_an_address_that_was_never_verified(give: Give):
    gift = give(email=ALICE, name="Alice")
    deletion.erase(member(verified_at=None))
    gift.refresh_from_db()
    assert (gift.name, gift.email, gift.erased_at) == ("Alice", ALICE, None)


def test_staff_accounts_refuse(client):
    staff = User.objects.create_superuser("root@example.org", PASSWORD)
    client.force_login(staff)
    assert "can use the admin" in client.get("/account/delete").content.decode()
    assert close(client).status_code == 403
    assert User.objects.exists()
    with pytest.raises(deletion.Staff):
        deletion.erase(staff)


def test_an_account_that_is_deleted_in_the_admin_goes_the_same_way(client, alice, give: Give):
    gift = give(user=alice, email=ALICE, name="Alice")
    client.force_login(User.objects.create_superuser("root@example.org", PASSWORD))
    client.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    assert found("alice") == []
    gift.refresh_from_db()
    assert gift.donor == "erased donor"


# --- Housekeeping -----------------------------------------------------------------------------------------------------


def test_accounts_that_nobody_verified_go_after_a_week(give: Give, alice):
    def joined(email: str, **fields: object) -> User:
        user = User.objects.create_user(email, PASSWORD, **fields)
        User.objects.filter(pk=user.pk).update(date_joined="2026-01-01T00:00Z")
        return user

    joined("never@example.org")
    joined("old@example.org", last_login=NOON)
    joined("staff@example.org", is_staff=True)
    give(user=joined("giver@example.org"))
    User.objects.create_user("young@example.org")
    assert cleanup.tidy().startswith("1 unverified accounts")
    assert not User.objects.filter(email="never@example.org").exists()
    assert User.objects.count() == 5


def test_housekeeping_does_it_once_a_day(db):
    from donations.jobs import scheduler
    from donations.models import Chore

    scheduler.run_due()
    assert "unverified accounts" in Chore.objects.get(name="clean-up-accounts").result


@pytest.mark.django_db(transaction=True)
def test_who_was_erased_is_in_no_page_of_the_file_after_housekeeping(give: Give):
    """SQLite lets go of rows without wiping them, and its journal keeps pages as they were."""

    def bytes_of_the_database() -> int:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # Its files are not ours to read; what a query sees is what we promise.
                return len(found("zqackerley"))
            cursor.execute("PRAGMA database_list")
            name = next(row[2] for row in cursor.fetchall() if row[1] == "main")
        files = [Path(name), Path(f"{name}-wal")]
        return sum(file.read_bytes().count(b"zqackerley") for file in files if file.exists())

    user = member("zqackerley@example.org")
    for number in range(40):
        give(user=user, email=user.email, amount=100 + number, message="from zqackerley")
    assert bytes_of_the_database()
    deletion.erase(user)
    cleanup.tidy()
    assert bytes_of_the_database() == 0


def test_no_table_was_forgotten():
    """A new table that holds what a donor said must be emptied by erasing too: then add it to the test above."""
    known = {
        "accounts.User", "donations.Donation", "donations.StripeEvent", "mail.Mail", "admin.LogEntry",
        "organisation.Organisation",
        # No donors: organisations on the wall and its levels, phones of the staff. A message is a donation.
        "donations.Sponsor", "donations.Level", "donations.Message", "otp_totp.TOTPDevice", "otp_static.StaticDevice",
    }  # fmt: skip
    personal = ("email", "name", "message", "address", "body", "object_repr", "username", "phone")
    holders = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name in personal for field in model._meta.get_fields() if field.concrete)
        and model._meta.app_label not in {"sandbox", "axes", "auth", "contenttypes"}
    }
    assert holders <= known | {"donations.Chore"}
