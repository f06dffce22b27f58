"""The list of gifts that come again, one of them, and what the front page tells of all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from desk.pages import chart, dashboard, tasks
from donations.models import Subscription
from tests.donations.donors.monthly.conftest import gives_monthly, tell  # noqa: F401  (a fixture)
from tests.donations.subscription_objects import invoice

pytestmark = pytest.mark.django_db
LIST = "/admin/donations/subscription/"


def staff(role: str) -> User:
    user = User.objects.create_user(f"{role.lower()}@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def support() -> Client:
    client = Client()
    client.force_login(staff("Support"))
    return client


def failed(subscription: Subscription) -> None:
    first = subscription.first
    assert first
    now = int(timezone.now().timestamp())
    tell(invoice(first, 1, status="open", attempt_count=1, created=now, next_payment_attempt=now + 86400))
    Subscription.objects.filter(pk=subscription.pk).update(status="retrying")


def test_the_list_tells_who_gives_what_since_when_and_what_it_came_to(support, gives_monthly):  # noqa: F811
    gives_monthly("ada@example.org")
    page = support.get(LIST).text
    for told in ("$20.00", "monthly", "active", "ada@example.org"):
        assert told in page
    rows = page[page.index("field-given") :]
    assert "$20.00" in rows.split("</td>")[0], "given in all"


def test_the_list_takes_no_more_queries_for_more_rows(support, gives_monthly):  # noqa: F811
    gives_monthly("ada@example.org")
    support.get(LIST)
    with CaptureQueriesContext(connection) as one:
        support.get(LIST)
    gives_monthly("bea@example.org")
    gives_monthly("cem@example.org")
    with CaptureQueriesContext(connection) as three:
        support.get(LIST)
    assert len(three) == len(one)


@pytest.mark.parametrize(
    ("narrowed", "shown"),
    [
        *(("?state=active", "bea"), ("?state=past_due", "ada"), ("?state=ended", ""), ("?frequency=yearly", "bea")),
        *(("?frequency=monthly", "ada"), ("?q=ADA@example.org", "ada"), ("?q=Bea", "bea"), ("?q=in_0", "")),
    ],
)
def test_the_list_is_narrowed_and_searched(support, gives_monthly, narrowed, shown):  # noqa: F811
    failed(gives_monthly("ada@example.org"))
    bea = gives_monthly("bea@example.org", interval="year")
    bea.donations.update(name="Bea")
    page = support.get(LIST + narrowed).text
    assert ("ada@example.org" in page, "Bea</bdi>" in page) == (shown == "ada", shown == "bea")


def test_one_of_them_shows_its_charges_and_whoever_may_stop_it_is_led_there(support, gives_monthly):  # noqa: F811
    one = gives_monthly("ada@example.org")
    failed(one)
    page = support.get(f"{LIST}{one.pk}/change/").text
    assert "charge failed, tried again" in page
    assert page.count("/admin/donations/donation/") > 1
    assert f"{LIST}{one.pk}/stop/" in page
    assert support.get(f"{LIST}?q=in_0{one.first.uuid.hex}").text.count("field-donor") == 1


def test_an_editor_sees_none_of_it(client, gives_monthly):  # noqa: F811
    one = gives_monthly()
    client.force_login(staff("Editor"))
    for page in (LIST, f"{LIST}{one.pk}/change/", f"{LIST}{one.pk}/stop/"):
        assert client.get(page).status_code == 403


def test_a_failed_charge_stands_on_the_list_of_things_to_do(gives_monthly):  # noqa: F811
    root = User.objects.create_superuser("root@example.org")
    one = gives_monthly()
    assert not [task for task in tasks.for_user(root) if "state=past_due" in task.link]
    failed(one)
    [task] = [task for task in tasks.for_user(root) if "state=past_due" in task.link]
    assert task.what == "The last charge of 1 gift that comes again failed."


def test_the_front_page_tells_the_monthly_total_and_what_began(client, gives_monthly):  # noqa: F811
    assert dashboard.of(staff("Treasurer")).recurring is None, "nobody ever gave so"
    gives_monthly()
    gives_monthly("bea@example.org", interval="year", amount=12000)
    assert dashboard.of(User.objects.get(email="treasurer@example.org")).recurring
    client.force_login(User.objects.get(email="treasurer@example.org"))
    page = client.get("/admin/").text
    assert "$30.00 a month, from 2 gifts that come again." in page
    row = page[page.index('id="recurring-months"') :].partition("</table>")[0].rpartition("<tr>")[2]
    assert row.count("<td") == 3
    assert '<td class="desk-money">2</td>' in row
    client.force_login(staff("Support"))
    assert "a month, from" not in client.get("/admin/").text, "sums are for those who see the money"


def test_two_counts_are_drawn_side_by_side_on_one_scale() -> None:
    drawn = chart.pairs([("Jan", 4, 2, 0), ("Feb", 0, 0, 1)])
    january, february = drawn.months
    assert january.first[1] == 2 * january.second[1] == drawn.height - 12
    assert (january.line, february.first[1]) == (None, 0)
    assert february.line == drawn.height - january.first[1] // 4
    assert [count for _y, count in drawn.marks] == [2, 4]
