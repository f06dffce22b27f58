from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_createsuperuser_takes_everything_from_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Alice@Example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", interactive=False)
    alice = User.objects.get(email="alice@example.org")
    assert alice.is_superuser
    assert alice.is_staff
    assert alice.check_password("correct horse battery")


def test_createsuperuser_takes_the_address_as_an_option(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", email="bob@example.org", interactive=False, verbosity=0)
    assert User.objects.get().email == "bob@example.org"


def test_createsuperuser_says_when_the_address_is_taken_in_any_spelling(monkeypatch):
    User.objects.create_user("alice@example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", email="ALICE@example.org", interactive=False, verbosity=0)
