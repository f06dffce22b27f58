"""The shield's page: how things stand, its numbers, and the alarm by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from desk.pages import tasks
from donations.models import Alarm, Shield
from donations.shield import rules

pytestmark = pytest.mark.django_db

PAGE = "/admin/donations/shield/1/change/"
NUMBERS = {
    "burst": "20", "per_minute": "15", "in_all": "90", "declines": "5", "alarm_burst": "4", "alarm_per_minute": "2",
    "least_in_alarm": "12.50",
}  # fmt: skip


@pytest.fixture
def treasurer(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("tess@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="Treasurer"))
    return user


@pytest.fixture
def desk(client: Client, treasurer: Any) -> Client:
    client.force_login(treasurer)
    return client


def test_the_numbers_can_be_changed_and_hold_at_once(desk: Client) -> None:
    assert rules.current().place.burst == 10
    assert desk.post(PAGE, NUMBERS).status_code == 302
    now = rules.current()
    assert (now.place.burst, now.place.refill, now.site.burst) == (20, 15, 90)
    assert (now.alarm_place.burst, now.alarm_place.refill, now.least_in_alarm) == (4, 2, 1250)
    assert 'value="12.50"' in desk.get(PAGE).content.decode()


@pytest.mark.parametrize(("field", "value"), [("burst", "0"), ("per_minute", "-1"), ("least_in_alarm", "x")])
def test_a_number_that_would_shut_everybody_out_is_refused(desk: Client, field: str, value: str) -> None:
    assert desk.post(PAGE, NUMBERS | {field: value}).status_code == 200
    assert Shield.objects.get().burst == 10


def test_the_page_tells_how_things_stand(desk: Client) -> None:
    text = desk.get(PAGE).content.decode()
    assert "All is quiet." in text
    assert "Cards declined in the last hour: 0, paid: 0." in text
    assert "The site opens up to 60 unpaid pages a minute" in text


def test_a_hand_rings_the_alarm_and_ends_it(desk: Client, treasurer: Any) -> None:
    assert desk.post("/admin/donations/shield/alarm/", {"ring": "1"}).status_code == 302
    assert rules.current().alarm
    assert Alarm.objects.get().by == "tess@example.org"
    assert "The alarm has been ringing since" in desk.get(PAGE).content.decode()
    assert [task.link for task in tasks.for_user(treasurer)] == ["/admin/donations/shield/"]
    desk.post("/admin/donations/shield/alarm/", {"end": "1"})
    assert not rules.current().alarm
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "The alarm rings.",
        "The alarm has ended.",
    ]


def test_only_who_may_change_it_may_touch_the_alarm(client: Client, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("sam@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="Support"))
    client.force_login(user)
    assert client.post("/admin/donations/shield/alarm/", {"ring": "1"}).status_code == 403
    assert client.get(PAGE).status_code == 403
    assert not Alarm.objects.exists()
