"""Every address of the site, asked by everybody: who gets what, and nobody gets another's data.

A new address fails here until it stands in the table. Values in an address are those of what belongs to Bob.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from donations.ledger import offline_donations
from donations.ledger.offline_donations import Received
from donations.models import (
    Alarm,
    BalanceTransaction,
    Case,
    Chore,
    Donation,
    LedgerEntry,
    Level,
    Sponsor,
    StripeEvent,
    StripeRef,
    Subscription,
    Total,
)
from mail.models import Mail
from organisation.models import Organisation
from tests.accounts.conftest import NOON, member, paid

ROLES = ("anonymous", "alice", "bob", "clerk", "treasurer", "root")
BOBS = ("bob@example.org", "Bob Barnacle", "the words of Bob", "Bob typed at Stripe")

# The status for: a visitor, another donor, the donor whose it is, staff without rights, the treasurer, a superuser.
EVERYBODY = (200,) * 6
NOBODY = (404,) * 6
POST_ONLY = (405,) * 6
SIGNED_IN = (302, 200, 200, 200, 200, 200)
GUESTS = (200, 302, 302, 302, 302, 302)
OWNER = (302, 404, 200, 404, 404, 404)
RECEIPT = (302, 404, 200, 404, 200, 200)
STALE = (410,) * 6
STAFF = (302, 302, 302, 200, 200, 200)
TREASURER = (302, 302, 302, 403, 200, 200)
ROOT = (302, 302, 302, 403, 403, 200)
REFUSED = (302, 302, 302, 403, 403, 403)
MOVED = (302,) * 6

SITE = {
    "": EVERYBODY,
    "sponsors": EVERYBODY,
    "sponsors/lately": EVERYBODY,
    "sponsors/<slug:slug>": EVERYBODY,
    "sponsors/logo/<str:digest>.png": NOBODY,
    "theme.css": EVERYBODY,
    "favicon.ico": EVERYBODY,
    "apple-touch-icon.png": EVERYBODY,
    "logo/<str:digest>.png": NOBODY,
    "share/<str:digest>.png": NOBODY,
    "robots.txt": EVERYBODY,
    "sitemap.xml": EVERYBODY,
    "docs": EVERYBODY,
    "docs/<str:slug>": EVERYBODY,
    "donate": EVERYBODY,
    "donate/amount": EVERYBODY,
    "success": NOBODY,
    "success/status": NOBODY,
    "cancel": EVERYBODY,
    "receipts/<number>": RECEIPT,
    "monthly": (200, 200, 302, 200, 200, 200),
    "monthly/<str:token>": OWNER,
    "account/gifts/<uuid:gift>": OWNER,
    "api/donations/create-checkout-session/": POST_ONLY,
    "api/checkout/": POST_ONLY,
    "api/stats/": EVERYBODY,
    "stripe-webhook/": POST_ONLY,
    "register": GUESTS,
    "register/sent": EVERYBODY,
    "register/resend": EVERYBODY,
    "register/verify": STALE,
    "login": GUESTS,
    "logout": EVERYBODY,
    "password-reset": EVERYBODY,
    "password-reset/sent": EVERYBODY,
    "password-reset/new": STALE,
    "password-reset/done": EVERYBODY,
    "account": SIGNED_IN,
    "account/statement": SIGNED_IN,
    "account/settings": SIGNED_IN,
    "account/password": SIGNED_IN,
    "account/email": SIGNED_IN,
    "account/email/confirm": STALE,
    "account/logout-everywhere": (302, 405, 405, 405, 405, 405),
    "account/data": SIGNED_IN,
    "account/data/my-data.json": SIGNED_IN,
    "account/data/my-gifts.csv": SIGNED_IN,
    "account/data/my-gifts-european.csv": SIGNED_IN,
    "account/delete": SIGNED_IN,
    "account/deleted": GUESTS,
}


def admin_model(
    name: str, who: tuple[int, ...], *, add: tuple[int, ...] = REFUSED, delete: tuple[int, ...] = REFUSED
) -> dict[str, tuple[int, ...]]:
    """Django's pages of a model: list, one row, its history; to add one; to delete one."""
    return {
        f"admin/{name}/": who,
        f"admin/{name}/add/": add,
        f"admin/{name}/<path:object_id>/history/": who,
        f"admin/{name}/<path:object_id>/delete/": delete,
        f"admin/{name}/<path:object_id>/change/": who,
        f"admin/{name}/<path:object_id>/": MOVED,
    }


ADMIN = {
    "admin/": STAFF,
    "admin/login/": (200, 200, 200, 302, 302, 302),
    "admin/logout/": (302, 302, 302, 405, 405, 405),
    "admin/password_change/": STAFF,
    "admin/password_change/done/": STAFF,
    "admin/autocomplete/": REFUSED,
    "admin/jsi18n/": STAFF,
    "admin/r/<path:content_type_id>/<path:object_id>/": (302, 302, 302, 404, 404, 404),
    "admin/<app_label>/": (302, 302, 302, 404, 200, 200),
    "admin/<url>": (302, 302, 302, 404, 404, 404),
    "admin/accounts/user/<id>/password/": ROOT,
    **admin_model("accounts/user", TREASURER, add=ROOT, delete=ROOT),
    **admin_model("admin/logentry", TREASURER),
    **admin_model("otp_totp/totpdevice", ROOT, delete=ROOT),
    # Not there while no second step is asked for.
    "admin/second-step/": NOBODY,
    "admin/second-step/set-up/": NOBODY,
    **admin_model("auth/group", ROOT, add=ROOT, delete=ROOT),
    **admin_model("donations/donation", TREASURER),
    "admin/donations/donation/<int:pk>/looked-at/": (302, 302, 302, 405, 405, 405),
    "admin/donations/donation/<int:pk>/refund/": TREASURER,
    "admin/donations/donation/export/": TREASURER,
    **admin_model("donations/subscription", TREASURER),
    "admin/donations/subscription/<int:pk>/stop/": TREASURER,
    "admin/donations/donation/erase/": TREASURER,
    **admin_model("donations/offlinegift", TREASURER, add=TREASURER),
    "admin/donations/offlinegift/<str:pk>/receipt/": (302, 302, 302, 405, 405, 405),
    "admin/donations/offlinegift/<str:pk>/strike-out/": TREASURER,
    # What visitors read is the editor's.
    **admin_model("donations/level", ROOT, add=ROOT, delete=ROOT),
    **admin_model("donations/sponsor", ROOT, add=ROOT, delete=ROOT),
    **admin_model("donations/message", ROOT),
    **admin_model("donations/ledgerentry", TREASURER),
    **admin_model("donations/stripeevent", TREASURER),
    **admin_model("donations/striperef", TREASURER),
    **admin_model("donations/case", TREASURER),
    **admin_model("donations/balancetransaction", TREASURER),
    **admin_model("donations/total", TREASURER),
    **admin_model("donations/chore", TREASURER),
    "admin/donations/chore/doctor/": TREASURER,
    **admin_model("donations/shield", TREASURER),
    "admin/donations/shield/": (302, 302, 302, 403, 302, 302),
    "admin/donations/shield/alarm/": (302, 302, 302, 405, 405, 405),
    **admin_model("donations/alarm", TREASURER),
    **admin_model("mail/mail", TREASURER),
    **admin_model("organisation/organisation", ROOT),
    "admin/organisation/organisation/": (302, 302, 302, 403, 403, 302),
}
TABLE = SITE | ADMIN


@dataclass(frozen=True)
class World:
    clients: dict[str, Client]
    values: dict[str, Any]
    rows: dict[str, object]


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[str]:
    """Every address that the site answers, as it is written in the urls; the sandbox's are not Stripe's business."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + plain(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            if route != "sandbox/":
                yield from routes(pattern.url_patterns, route)
        else:
            yield route


def plain(route: str) -> str:
    """Of a regular expression, what a reader would write."""
    for was, is_ in (
        ("^", ""),
        ("$", ""),
        ("/?", "/"),
        ("(?P<number>[0-9]{1,15})", "<number>"),
        ("(?P<url>.*)", "<url>"),
    ):
        route = route.replace(was, is_)
    return "<app_label>/" if route.startswith("(?P<app_label>") else route


@pytest.fixture
def world(db: None) -> World:
    bob = member(BOBS[0], name=BOBS[1])
    gift = Donation.objects.create(
        amount=4321, currency="usd", expires_at=NOON, user=bob, name=BOBS[1], email=BOBS[0], message=BOBS[2],
        payer_name=BOBS[3],
    )  # fmt: skip
    paid(gift, refs=(f"pi_{gift.uuid.hex}", "cs_test_bob"), session="cs_test_bob", email=BOBS[0])
    subscription = Subscription.objects.create(
        uuid=gift.uuid, stripe_id="sub_bob", amount=4321, currency="usd", created_at=NOON, status="active"
    )
    subscription.donations.add(gift)
    treasurer = User.objects.create_user("treasurer@example.org", is_staff=True)
    treasurer.groups.add(Group.objects.get(name="Treasurer"))
    root = User.objects.create_superuser("root@example.org")
    received = Received(
        form=uuid.uuid4(), amount=100, currency="usd", method="cheque", reference="", received_on=NOON.date(), name="",
        email="", message="", public=False, by=root.email,
    )  # fmt: skip
    cheque, _ = offline_donations.record(received)
    users = {
        "alice": member("alice@example.org"),
        "bob": bob,
        "clerk": User.objects.create_user("clerk@example.org", is_staff=True),
        "treasurer": treasurer,
        "root": root,
    }
    clients = {"anonymous": Client()}
    for role, user in users.items():
        clients[role] = Client()
        clients[role].force_login(user)
    rows = {
        "accounts/user": bob.pk,
        "auth/group": Group.objects.create(name="friends").pk,
        "donations/donation": gift.pk,
        "donations/subscription": subscription.pk,
        "donations/ledgerentry": LedgerEntry.objects.get(kind="payment").pk,
        "donations/striperef": StripeRef.objects.earliest("pk").pk,
        "donations/total": Total.objects.earliest("pk").pk,
        "donations/stripeevent": StripeEvent.objects.create(id="evt_1", type="x", state="handled", body=BOBS[0]).pk,
        "donations/case": Case.objects.create(
            id="re_1", kind="refund", donation=gift, amount=1, currency="usd", status="x", opened_at=NOON, as_of=NOON
        ).pk,
        "donations/chore": Chore.objects.create(name="sweep", due_at=NOON).pk,
        "donations/shield": 1,
        "donations/alarm": Alarm.objects.create().pk,
        "mail/mail": Mail.objects.earliest("pk").pk,
        "organisation/organisation": Organisation.objects.create().pk,
        "admin/logentry": LogEntry.objects.log_actions(root.pk, [gift], 2, "x", single_object=True).pk,
        "donations/level": Level.objects.earliest("pk").pk,
        "donations/sponsor": Sponsor.objects.create(name="Harbour Ltd").pk,
        "donations/message": gift.pk,
        "donations/offlinegift": cheque.pk,
        "otp_totp/totpdevice": TOTPDevice.objects.create(user=root, name="phone").pk,
    }
    booked = BalanceTransaction(
        id="txn_1", type="charge", category="charge", amount=1, fee=0, net=1, currency="usd", created_at=NOON
    )
    booked.save(force_insert=True)
    values = {
        "<str:slug>": "privacy",
        "<slug:slug>": "kettles",
        "<str:digest>": "0" * 32,
        "<str:token>": gift.uuid,
        "<number>": 1,
        "<uuid:gift>": gift.uuid,
        "<str:pk>": cheque.pk,
        "<app_label>": "donations",
        "<url>": "nowhere",
        "<id>": bob.pk,
        "<path:content_type_id>": 0,
    }
    return World(clients, values, rows | {"donations/balancetransaction": "txn_1"})


def address(route: str, world: World) -> str:
    row = world.rows.get("/".join(route.split("/")[1:3]), 0)
    for name, value in {**world.values, "<path:object_id>": row, "<int:pk>": row}.items():
        route = route.replace(name, str(value))
    return f"/{route}"


def test_every_address_stands_in_the_table_and_no_other() -> None:
    assert sorted(TABLE) == sorted(set(routes()))


@pytest.mark.parametrize("route", TABLE)
def test_everybody_gets_what_is_theirs(route: str, world: World) -> None:
    path = address(route, world)
    answers = {role: client.get(path) for role, client in world.clients.items()}
    assert {role: answer.status_code for role, answer in answers.items()} == dict(zip(ROLES, TABLE[route], strict=True))
    for role in ("anonymous", "alice", "clerk"):
        text = b"".join(answers[role]) if answers[role].streaming else answers[role].content
        for secret in (*BOBS, "43.21"):
            assert secret.encode() not in text or (secret == "43.21" and route in {"", "api/stats/"}), (role, secret)


@pytest.mark.parametrize("route", [route for route in TABLE if "<uuid:gift>" in route or route == "account/delete"])
def test_nobody_changes_what_is_another_s(route: str, world: World) -> None:
    for role in ("anonymous", "alice", "clerk", "treasurer", "root"):
        world.clients[role].post(address(route, world), {"name": "Mallory", "message": "x", "public": "on"})
    gift = Donation.objects.get(amount=4321)
    assert (gift.name, gift.message, gift.public) == (BOBS[1], BOBS[2], False)
    assert User.objects.filter(email=BOBS[0]).exists()
