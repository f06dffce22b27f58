"""Two sets of books that never mix."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connections

from sandbox.models import Record
from sandbox.router import SandboxRouter

router = SandboxRouter()


def test_the_sandbox_lives_in_its_own_file():
    assert (router.db_for_read(Record), router.db_for_write(Record)) == ("sandbox", "sandbox")
    assert settings.DATABASES["sandbox"]["NAME"] != settings.DATABASES["default"]["NAME"]


@pytest.mark.parametrize(
    ("alias", "app", "allowed"),
    [
        ("sandbox", "sandbox", True),
        ("default", "sandbox", False),
        ("sandbox", "donations", False),
        ("default", "donations", None),
    ],
)
def test_each_app_is_migrated_where_it_belongs(alias, app, allowed):
    assert router.allow_migrate(alias, app) is allowed


@pytest.mark.django_db(databases=["sandbox"])
def test_its_file_holds_its_tables_only():
    names = {name for name in connections["sandbox"].introspection.table_names() if name != "django_migrations"}
    assert names
    assert all(name.startswith("sandbox_") for name in names)
