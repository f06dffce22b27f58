"""Treasurers and support see who gives monthly, and may stop it for a donor."""

from django.db import migrations

from accounts.staff.roles import grant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_erase_donor"), ("donations", "0024_stop_requests")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
