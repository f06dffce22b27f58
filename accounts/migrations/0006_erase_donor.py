"""The treasurer may erase a donor."""

from django.db import migrations

from accounts.staff.roles import grant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_shield_roles"), ("donations", "0020_erased_addresses")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
