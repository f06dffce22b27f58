"""Who may do what at the desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.staff import roles
from donations.models import Case, Donation, StripeEvent
from mail.models import Mail
from organisation.models import Organisation
from tests.project.running import SECRET_KEY, python

pytestmark = pytest.mark.django_db

MATRIX = {
    # page -> who may open it
    "/admin/": {"Treasurer", "Support", "Editor"},
    "/admin/donations/donation/": {"Treasurer", "Support"},
    "/admin/donations/donation/{gift}/change/": {"Treasurer", "Support"},
    "/admin/donations/ledgerentry/": {"Treasurer", "Support"},
    "/admin/donations/case/": {"Treasurer", "Support"},
    "/admin/donations/case/dp_1/change/": {"Treasurer", "Support"},
    "/admin/donations/striperef/": {"Treasurer", "Support"},
    "/admin/donations/balancetransaction/": {"Treasurer"},
    "/admin/donations/total/": {"Treasurer"},
    "/admin/donations/stripeevent/": {"Treasurer"},
    "/admin/donations/chore/": {"Treasurer"},
    "/admin/donations/shield/1/change/": {"Treasurer"},
    "/admin/donations/alarm/": {"Treasurer"},
    "/admin/admin/logentry/": {"Treasurer"},
    "/admin/mail/mail/": {"Treasurer", "Support"},
    "/admin/accounts/user/": {"Treasurer", "Support"},
    "/admin/accounts/user/add/": set(),
    "/admin/accounts/user/{user}/password/": set(),
    "/admin/auth/group/": set(),
    "/admin/otp_totp/totpdevice/": set(),
    "/admin/organisation/organisation/1/change/": {"Editor"},
    "/admin/donations/level/": {"Editor"},
    "/admin/donations/sponsor/": {"Editor"},
    "/admin/donations/message/": {"Editor"},
    "/admin/donations/offlinegift/": {"Treasurer"},
    "/admin/donations/offlinegift/add/": {"Treasurer"},
    "/admin/donations/donation/{gift}/refund/": {"Treasurer"},
    "/admin/donations/donation/export/": {"Treasurer"},
    "/admin/donations/donation/erase/": {"Treasurer"},
    "/admin/donations/donation/add/": set(),
    "/admin/donations/donation/{gift}/delete/": set(),
    "/admin/donations/ledgerentry/add/": set(),
}


@pytest.fixture(params=["Treasurer", "Support", "Editor", "nobody"])
def member(request: pytest.FixtureRequest, client: Client) -> tuple[str, Client, User]:
    """A member of the staff in one role, signed in; nobody has none."""
    user = User.objects.create_user("member@example.org", is_staff=True)
    if request.param != "nobody":
        user.groups.add(Group.objects.get(name=request.param))
    client.force_login(user)
    return request.param, client, user


@pytest.fixture
def gift() -> Donation:
    donation = Donation.objects.create(amount=2000, currency="usd", name="Ada", expires_at=timezone.now())
    now = timezone.now()
    case = {"amount": 2000, "currency": "usd", "status": "needs_response", "opened_at": now, "as_of": now}
    Case.objects.create(id="dp_1", kind="dispute", donation=donation, **case)
    return donation


def test_each_role_opens_its_own_pages_and_no_others(member: tuple[str, Client, User], gift: Donation) -> None:
    role, client, user = member
    Organisation.objects.create()  # else its list leads to where it is described
    for page, who in MATRIX.items():
        answer = client.get(page.format(gift=gift.pk, user=user.pk))
        may = role in who or page == "/admin/"
        assert answer.status_code == (200 if may else 403), f"{role} {page}"


def test_only_the_treasurer_refunds_and_exports(member: tuple[str, Client, User]) -> None:
    role, _client, user = member
    for permission in ("donations.refund_donation", "donations.export_donations"):
        assert user.has_perm(permission) == (role == "Treasurer"), permission


def test_who_may_correct_a_gift_can_and_others_cannot(member: tuple[str, Client, User], gift: Donation) -> None:
    role, client, _user = member
    form = {"name": "Ada L.", "email": "", "message": "", "notes": ""}
    answer = client.post(f"/admin/donations/donation/{gift.pk}/change/", form)
    gift.refresh_from_db()
    if role in {"Treasurer", "Support"}:
        assert gift.name == "Ada L."
    else:
        assert (answer.status_code, gift.name) == (403, "Ada")


def test_who_may_replay_and_send_again(member: tuple[str, Client, User]) -> None:
    role, client, _user = member
    StripeEvent.objects.create(id="evt_1", type="x", state="handled", body="")
    Mail.objects.create(kind="paid", key="pi_1", state="dead", next_at=None)
    client.post("/admin/donations/stripeevent/", {"action": "replay", "_selected_action": "evt_1"})
    again = {"action": "send_again", "_selected_action": Mail.objects.get().pk}
    client.post("/admin/mail/mail/", again)
    done = {entry.object_id for entry in apps.get_model("admin", "LogEntry").objects.all()}
    assert ("evt_1" in done) == (role == "Treasurer")
    assert (Mail.objects.get().state == "waiting") == (role in {"Treasurer", "Support"})


def test_the_front_page_shows_an_editor_no_money(member: tuple[str, Client, User], gift: Donation) -> None:
    role, client, _user = member
    page = client.get("/admin/").content.decode()
    assert ("What came in" in page) == (role == "Treasurer")
    assert ("Answer the bank" in page) == (role in {"Treasurer", "Support"})


def test_no_role_can_delete_what_is_of_gifts_and_donors_or_make_staff() -> None:
    for role, app, model, codename in roles.wanted():
        assert not codename.startswith("delete") or model in {"level", "sponsor"}, role
        assert app != "auth", role
        assert model != "user" or codename == "view_user", role


def test_every_permission_of_a_role_is_one_that_exists() -> None:
    """A misspelt name would be made by the migration, and would never be asked for."""
    real: set[tuple[str, ...]] = set()
    for model in apps.get_models():
        options = model._meta
        names = [f"{word}_{options.model_name}" for word in options.default_permissions]
        names += [codename for codename, _name in options.permissions]
        real |= {(options.app_label, str(options.model_name), name) for name in names}
    for _role, *wanted in roles.wanted():
        assert tuple(wanted) in real


def test_granting_again_adds_nothing_twice() -> None:
    before = Permission.objects.count()
    roles.grant(apps)
    assert Permission.objects.count() == before
    assert Group.objects.filter(name="Treasurer").count() == 1


def test_a_fresh_database_has_the_roles_with_their_permissions(tmp_path: Any) -> None:
    """Permissions come after the last migration only: the first `migrate` of all must do."""
    variables = {"SECRET_KEY": SECRET_KEY, "DEBUG": "true", "DATABASE_URL": f"sqlite:///{tmp_path}/fresh.sqlite3"}
    count = (
        "from django.contrib.auth.models import Group, Permission as P;"
        "print(sorted((g.name, g.permissions.count()) for g in Group.objects.all()),"
        "P.objects.count() - P.objects.values('content_type', 'codename').distinct().count())"
    )
    assert python("manage.py", "migrate", "--database=default", **variables).returncode == 0
    done = python("manage.py", "shell", "-v0", "-c", count, **variables)
    wanted = sorted(
        (role, sum(one == role for one, *_rest in roles.wanted())) for role in ("Editor", "Support", "Treasurer")
    )
    assert done.stdout.strip() == f"{wanted} 0", done.stderr
