"""Brings what stands already under the rules of today: addresses in one spelling, names without what nobody sees.

Names that advertise are held until somebody has read them, as new ones are.
"""

from typing import Any

from django.conf import settings
from django.db import migrations

from donations.wall.name_check import suspicious
from lib.people.addresses import spelled
from lib.people.typed_text import tidy


def rewrite(apps: Any, schema_editor: Any) -> None:
    donations = apps.get_model("donations", "Donation").objects
    # Looked up whole before anything is written: SQLite's cursor would not stand still.
    addresses = donations.exclude(email="").values_list("pk", "email")
    for pk, new in [(pk, new) for pk, old in addresses.iterator() if (new := spelled(old)) != old]:
        donations.filter(pk=pk).update(email=new[:254])
    names = list(donations.exclude(name="").values_list("pk", "name").iterator())
    for pk, new in [(pk, new) for pk, old in names if (new := tidy(old)) != old]:
        donations.filter(pk=pk).update(name=new[:60])
    if settings.MODERATE_NAMES == "none":
        return
    places = apps.get_model("donations", "Standing").objects
    for pk in [pk for pk, name in names if suspicious(name)]:
        donations.filter(pk=pk).update(name_state="waiting")
        places.filter(donation=pk).update(named=False)


class Migration(migrations.Migration):
    dependencies = [("donations", "0015_names")]

    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
