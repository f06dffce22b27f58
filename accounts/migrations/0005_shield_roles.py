"""Lets the Treasurer see and adjust the shield."""

from django.db import migrations

from accounts.staff.roles import grant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_one_spelling"),
        ("donations", "0018_shield"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
