from __future__ import annotations

import pytest

from accounts.forms import RegisterForm
from accounts.models import User


@pytest.mark.django_db
def test_of_two_who_register_one_address_at_once_one_is_told_so():
    """Both forms are valid before either is saved: only the database can decide."""
    data = {"email": "alice@example.org", "password": "correct horse battery"}
    first, second = RegisterForm(data), RegisterForm(data)
    assert first.is_valid()
    assert second.is_valid()
    assert first.save()
    assert second.save() is None
    assert "email" in second.errors
    assert User.objects.count() == 1
