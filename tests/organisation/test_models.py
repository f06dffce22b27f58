"""One organisation, described by its admin, with defaults for what nobody wrote."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from organisation.models import Organisation, current

pytestmark = pytest.mark.django_db


def test_an_undescribed_organisation_has_the_name_of_the_site(settings) -> None:
    settings.SITE_NAME = "Saltmarsh"
    assert current().called == "Saltmarsh"


def test_a_change_shows_at_once_where_it_was_made() -> None:
    current()
    Organisation(name="Harbour Lights").save()
    assert current().called == "Harbour Lights"


def test_there_is_only_one() -> None:
    Organisation.objects.create(name="One")
    with pytest.raises(IntegrityError):
        Organisation.objects.create(id=2, name="Two")
