"""No list of the admin can be asked for more than it shows, whoever brought the list."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Group
from django.core.exceptions import BadRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User

pytestmark = pytest.mark.django_db

LISTS = [pytest.param(model, id=model._meta.label) for model in admin.site._registry]
LOOKUPS = ("", "__regex", "__iregex", "__startswith", "__contains", "__gt", "__in", "__isnull", "__year", "__bogus")
COLUMNS = {"about": "object_id", "donor": "donation", "at_stripe": "stripe_id"}  # that are made of a field
MESSAGES = "/admin/donations/message/"


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@example.org", "correct horse battery")


@pytest.fixture
def editor(client: Client) -> Client:
    user = User.objects.create_user("ed@example.org", is_staff=True, verified_at=timezone.now())
    user.groups.add(Group.objects.get(name="Editor"))
    client.force_login(user)
    return client


def paths(model: Any, depth: int = 1) -> Iterator[str]:
    """Every field of the model, and along its relations those of the models beside it."""
    for field in model._meta.get_fields():
        yield field.name
        if field.is_relation and field.related_model and depth:
            yield from (f"{field.name}__{further}" for further in paths(field.related_model, depth - 1))


@pytest.mark.parametrize("model", LISTS)
def test_a_list_is_narrowed_by_what_stands_beside_it_alone(model: Any, root: User, rf: RequestFactory) -> None:
    listed: Any = admin.site.get_model_admin(model)
    plain = rf.get("/")
    plain.user = root
    filters = listed.get_changelist_instance(plain).filter_specs
    offered = {name for beside in filters for name in beside.expected_parameters()}
    asked = {f"{path}{lookup}" for path in {"pk", *paths(model)} for lookup in LOOKUPS}
    # A relation that may be empty, and a day from which on: Django's own filters, of fields that the list shows.
    assert all(name.endswith(("__exact", "__isnull", "__gte", "__lt")) or "__" not in name for name in offered)
    for name in asked - offered:
        request = rf.get("/", {name: "1"})
        request.user = root
        with pytest.raises(DisallowedModelAdminLookup):
            listed.get_changelist_instance(request)


@pytest.mark.parametrize("model", LISTS)
def test_nobody_filters_or_searches_by_what_the_pages_do_not_show(model: Any, root: User, rf: RequestFactory) -> None:
    listed: Any = admin.site.get_model_admin(model)
    request = rf.get("/")
    request.user = root
    shown = {"id", *listed.get_list_display(request), *flatten_fieldsets(listed.get_fieldsets(request, model()))}
    shown |= {field for column, field in COLUMNS.items() if column in shown}
    by = [item for item in listed.get_list_filter(request) if isinstance(item, str)]
    by += listed.get_search_fields(request)
    assert {name.partition("__")[0] for name in by} <= shown


def test_an_editor_cannot_read_a_hidden_column_letter_by_letter(editor: Client) -> None:
    assert editor.get(MESSAGES, {"words": "shown", "public__exact": "1"}).status_code == 200
    for name in ("email__startswith", "name__regex", "session_id", "notes__contains", "user__password__startswith"):
        answer = editor.get(MESSAGES, {"words": "shown", name: "s"})
        assert answer.status_code == 400, name
        assert "read that" in answer.content.decode()


def test_an_action_cannot_be_narrowed_so_either(editor: Client) -> None:
    answer = editor.post(f"{MESSAGES}?email__startswith=s", {"action": "show", "_selected_action": "1"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "value", ["99999-01-01", "0001-01-01 00:00+14:00", "9999-12-31 23:59-14:00", "yesterday", "\0"]
)
def test_a_day_that_no_calendar_has_is_not_looked_for(value: str, client: Client, root: User) -> None:
    client.force_login(root)
    for name in ("received_at__gte", "received_at__lt"):
        assert client.get("/admin/donations/stripeevent/", {name: value}).status_code in {200, 400}, name


@pytest.mark.parametrize("model", LISTS)
def test_no_filter_breaks_over_what_somebody_typed(model: Any, root: User, rf: RequestFactory) -> None:
    listed: Any = admin.site.get_model_admin(model)
    plain = rf.get("/")
    plain.user = root
    for beside in listed.get_changelist_instance(plain).filter_specs:
        for name in filter(None, beside.expected_parameters()):
            for value in ("", "nonsense", "-1", "9" * 20, "2026-13", "0001", "٣", "\x01"):
                request = rf.get("/", {name: value})
                request.user = root
                with contextlib.suppress(BadRequest):
                    listed.get_changelist_instance(request)


def test_a_filter_that_fails_is_a_bad_request(rf: RequestFactory, root: User) -> None:
    request = rf.get("/", {"is_staff__exact": "perhaps"})
    request.user = root
    with pytest.raises(BadRequest):
        admin.site.get_model_admin(User).get_changelist_instance(request)
