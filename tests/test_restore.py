"""What is left of one test with real transactions for the next: nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from donations.ledger import append_only
from donations.models import Donation, LedgerEntry, Level
from tests.accounts.conftest import paid


def rows() -> list[Any]:
    permissions = Group.permissions.through.objects.values_list("group__name", "permission__codename")
    return [sorted(found) for found in (permissions, Level.objects.values_list(), Permission.objects.values_list())]


@pytest.mark.django_db(transaction=True)
def test_after_a_test_the_rows_and_the_triggers_are_those_of_a_migrated_database(
    make_donation: Callable[..., Donation],
) -> None:
    before = rows()
    assert all(before)
    paid(make_donation())
    Group.objects.all().delete()
    Level.objects.update(name="x")

    call_command("flush", interactive=False)

    assert rows() == before
    assert not Donation.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert append_only.missing() == []
